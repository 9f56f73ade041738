// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What Balancer::Core does on the event loop's thread: the heartbeat, the ticks, the looks for
// stalls.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "balancing/balancer_core.h"
#include "health/make_event.h"

namespace nines {
namespace {

// How long calls wait that found every endpoint at its limit: some calls should have ended by then,
// and asking anew costs next to nothing.
constexpr absl::Duration kStarvedWait = absl::Milliseconds(5);

}  // namespace

void Balancer::Core::PostToLoop(void (Core::*work)()) {
  std::shared_ptr<EventLoop> loop;
  {
    MutexLock lock(mutex_);
    loop = loop_;
  }
  if (loop == nullptr) return;
  loop->Post([weak = weak_from_this(), work] {
    if (const std::shared_ptr<Core> core = weak.lock()) ((*core).*work)();
  });
}

void Balancer::Core::RestartProbesOnLoop() {
  // Before the lock: a prober is not ours, and cancels what is under way.
  loop_side_.probes.reset();
  {
    MutexLock lock(mutex_);
    if (loop_ != nullptr && prober_ != nullptr && config_.health_check.has_value()) {
      ProbeScheduler::Hooks hooks;
      hooks.on_result = [this](const std::string& address, absl::Time began,
                               const absl::Status& result) {
        OnProbeOnLoop(address, began, result);
      };
      hooks.on_word = [this](const std::string& address, const absl::Status& word) {
        OnWordOnLoop(address, word);
      };
      hooks.calls_seen = [this](const std::string& address) { return CallsSeenOnLoop(address); };
      loop_side_.probes = std::make_unique<ProbeScheduler>(*loop_, random_, prober_,
                                                           *config_.health_check, std::move(hooks));
    }
  }
  UpdateProbesOnLoop();
}

void Balancer::Core::UpdateProbesOnLoop() {
  if (loop_side_.probes == nullptr) return;
  std::vector<std::string> addresses;
  {
    MutexLock lock(mutex_);
    for (const auto& record : table_.records()) addresses.push_back(record->endpoint.address);
  }
  // Who is gone must not stay in there; who is not may hear it once more.
  loop_side_.reachable.clear();
  loop_side_.probes->SetAddresses(addresses);
}

CallsSeen Balancer::Core::CallsSeenOnLoop(const std::string& address) const {
  MutexLock lock(mutex_);
  const EndpointRecord* record = table_.Find(address);
  if (record == nullptr) return {};
  const EndpointState& state = *record->state;
  CallsSeen seen;
  seen.answers = state.answered();
  seen.failures = state.failures();
  seen.is_failing = state.is_failing();
  seen.is_in_use = HealthStateOf(state) == HealthState::kHealthy;
  return seen;
}

void Balancer::Core::OnProbeOnLoop(const std::string& address, absl::Time began,
                                   const absl::Status& result) {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  bool is_connect_failed = false;
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    EndpointRecord* record = table_.Find(address);
    if (record == nullptr || prober_ == nullptr || !config_.health_check.has_value()) return false;
    engine_.OnProbe(*record, *config_.health_check, {prober_->kind(), result, began}, now);
    is_connect_failed = (record->state->flags() & EndpointState::kConnectFailed) != 0;
    return true;
  });
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;  // who was told has shut it down
  }
  if (IsReachableAnew(address, result, is_connect_failed)) on_reachable_(address);
}

// Once, because a good probe need not mean that calls' connections can be made (who accepts them
// and then fails in the TLS handshake passes a tcp probe), and then their backoff must grow.
bool Balancer::Core::IsReachableAnew(const std::string& address, const absl::Status& result,
                                     bool is_connect_failed) {
  if (!result.ok() || !is_connect_failed) {
    loop_side_.reachable.erase(address);
    return false;
  }
  return on_reachable_ && loop_side_.reachable.insert(address).second;
}

// What an endpoint says of itself is no sample: thresholds are for those.
void Balancer::Core::OnWordOnLoop(const std::string& address, const absl::Status& word) {
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    EndpointRecord* record = table_.Find(address);
    if (record == nullptr || prober_ == nullptr || !config_.health_check.has_value()) return false;
    if (absl::IsUnimplemented(word)) {
      notifier_.QueueEvent(MakeEvent(
          Event::Kind::kProbeUnsupported,
          absl::StrCat("it can be asked for its health, but not watched: ", word.message()), now,
          address));
      return true;
    }
    HealthCheckConfig config = *config_.health_check;
    config.unhealthy_threshold = 1;
    config.healthy_threshold = 1;
    engine_.OnProbe(*record, config, {prober_->kind(), word, now}, now);
    return true;
  });
}

void Balancer::Core::WakeStarvedSoon() {
  if (!is_wake_armed_.exchange(true, std::memory_order_relaxed)) PostToLoop(&Core::ArmWakeOnLoop);
}

void Balancer::Core::ArmWakeOnLoop() {
  MutexLock lock(mutex_);
  if (loop_ == nullptr) return;
  loop_side_.wake = loop_->RunAfter(kStarvedWait, [this] {
    is_wake_armed_.store(false, std::memory_order_relaxed);
    Settle([](absl::Time /*now*/) { return true; });
  });
}

void Balancer::Core::ArmTickOnLoop() {
  MutexLock lock(mutex_);
  if (loop_ == nullptr) return;
  const absl::Time now = clock_.Now();
  tick_due_ = std::min(engine_.NextTick(), now + config_.outlier_detection.interval);
  loop_side_.tick = loop_->RunAfter(tick_due_ - now, [this] { TickOnLoop(); });
}

void Balancer::Core::TickOnLoop() {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.Tick(now);
    SettleLocked(now);
    data_plane_.table.Reclaim();
    SettleLeasesLocked();
  }
  notifier_.Deliver();
  ArmTickOnLoop();
}

void Balancer::Core::ArmStallLookOnLoop() {
  MutexLock lock(mutex_);
  loop_side_.stall_look.reset();
  if (loop_ == nullptr || !engine_.watches_for_stalls()) return;
  loop_side_.stall_look =
      loop_->RunAfter(engine_.NextStallLook(), [this] { LookForStallsOnLoop(); });
}

void Balancer::Core::LookForStallsOnLoop() {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  Settle([&](absl::Time now)
             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return engine_.LookForStalls(now); });
  ArmStallLookOnLoop();
}

}  // namespace nines
