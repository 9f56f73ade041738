// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/probe_scheduler.h"

#include <algorithm>
#include <utility>

namespace nines {
namespace {

/// Beats fall on the ticks of a clock, many on one: to wake, and to fetch from memory the code that
/// a probe passes through, costs as much as the probe. So many on one are enough, and leave half of
/// the ProbeBudget to others. A thousand gRPC probes every 2 s took twice as much processor time
/// when five fell on a tick.
constexpr int64_t kBeatsOnATick = 50;

/// Ticks are multiples of this. Those of all schedulers then fall on the same moments, and a
/// hundred targets wake the thread a hundred times a second.
absl::Duration ShortestTick(absl::Duration interval) {
  return std::min(absl::Milliseconds(10), interval / 100);
}

/// Small beside the interval, which the jitter moves by more.
absl::Duration TickFor(size_t endpoints, absl::Duration interval) {
  const absl::Duration shortest = ShortestTick(interval);
  const absl::Duration longest = std::min(absl::Milliseconds(100), interval / 20);
  const absl::Duration fitting =
      interval * kBeatsOnATick / std::max<int64_t>(static_cast<int64_t>(endpoints), 1);
  return std::max(shortest, absl::Floor(std::min(longest, fitting), shortest));
}

/// Ticks begin a random while, below the longest tick, after a moment that is the same for all
/// whose system clocks agree. Else all clients of a server would probe it at the same moments.
constexpr uint64_t kPhases = 10;

}  // namespace

ProbeScheduler::ProbeScheduler(EventLoop& loop, RandomSource& random,
                               std::shared_ptr<Prober> prober, HealthCheckConfig config,
                               Hooks hooks)
    : loop_(loop),
      random_(random),
      prober_(std::move(prober)),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      budget_(loop.probe_budget()),
      first_tick_(absl::UnixEpoch() +
                  ShortestTick(config_.interval) * static_cast<int64_t>(random.Next() % kPhases)) {}

ProbeScheduler::~ProbeScheduler() {
  for (auto& [address, heartbeat] : heartbeats_) {
    heartbeat = {};
    prober_->Forget(address);
  }
  heartbeats_.clear();  // before others get the places of the probes
  budget_.Leave(*this);
  budget_.Give(under_way_);
}

void ProbeScheduler::SetAddresses(const std::vector<std::string>& addresses) {
  absl::flat_hash_map<std::string, Heartbeat> previous = std::exchange(heartbeats_, {});
  std::vector<std::string> added;
  tick_ = TickFor(addresses.size(), config_.interval);
  for (const std::string& address : addresses) {
    const auto known = previous.find(address);
    const bool is_new = known == previous.end();
    heartbeats_.emplace(address, is_new ? Heartbeat{} : std::move(known->second));
    if (is_new) {
      added.push_back(address);
    } else {
      previous.erase(known);
    }
  }
  size_t cancelled = 0;
  for (auto& [address, heartbeat] : previous) {
    if (std::exchange(heartbeat.probe, nullptr) != nullptr) ++cancelled;
    heartbeat.listener.reset();
    prober_->Forget(address);
  }
  for (const std::string& address : added) {
    Schedule(address, config_.interval * UnitInterval(random_.Next()));
  }
  under_way_ -= cancelled;
  budget_.Give(cancelled);
}

void ProbeScheduler::Schedule(const std::string& address, absl::Duration delay) {
  const absl::Time now = loop_.clock().Now();
  const absl::Time due = now + std::max(delay, absl::ZeroDuration());
  // The nearest, so that intervals are on average as long as they are said to be.
  absl::Time tick = first_tick_ + absl::Floor(due + tick_ / 2 - first_tick_, tick_);
  if (tick < now) tick += tick_;
  heartbeats_[address].timer = loop_.RunAfter(tick - now, [this, address] { OnBeat(address); });
}

void ProbeScheduler::OnBeat(const std::string& address) {
  Heartbeat& heartbeat = heartbeats_[address];
  const bool is_due =
      heartbeat.pace.TakeBeat(hooks_.calls_seen ? hooks_.calls_seen(address) : CallsSeen());
  // The next beat is due an interval after this one began, not ended: probes that time out must
  // not be rarer than those that succeed.
  Schedule(address, Interval(heartbeat));
  if (!is_due || heartbeat.probe != nullptr || heartbeat.is_waiting) return;
  if (budget_.Take()) return StartProbe(address);
  heartbeat.is_waiting = true;
  waiting_.push_back(address);
  budget_.Wait(*this);
}

void ProbeScheduler::StartProbe(const std::string& address) {
  ++under_way_;
  Heartbeat& heartbeat = heartbeats_[address];
  heartbeat.began = loop_.clock().Now();
  heartbeat.probe =
      prober_->Start(address, config_.timeout,
                     [this, address](const absl::Status& result) { OnProbeDone(address, result); });
}

bool ProbeScheduler::UsePlace() {
  while (!waiting_.empty()) {
    const std::string address = std::move(waiting_.front());
    waiting_.pop_front();
    const auto known = heartbeats_.find(address);
    if (known == heartbeats_.end() || !std::exchange(known->second.is_waiting, false)) continue;
    StartProbe(address);
    if (!waiting_.empty()) budget_.Wait(*this);
    return true;
  }
  return false;
}

void ProbeScheduler::OnProbeDone(const std::string& address, const absl::Status& result) {
  // Copies: the probe that owns this callback goes first, and on_result may destroy this.
  // NOLINTBEGIN(performance-unnecessary-copy-initialization): they outlive what they copy
  const std::string probed = address;
  const absl::Status status = result;
  // NOLINTEND(performance-unnecessary-copy-initialization)
  Heartbeat& heartbeat = heartbeats_[probed];
  const absl::Time began = heartbeat.began;
  heartbeat.probe.reset();
  heartbeat.pace.OnResult(status, config_);
  if (heartbeat.pace.is_suspect()) {
    Schedule(probed, began + Interval(heartbeat) - loop_.clock().Now());
  }
  Listen(probed, status);
  --under_way_;
  budget_.Give();
  hooks_.on_result(probed, began, status);
}

void ProbeScheduler::Listen(const std::string& address, const absl::Status& result) {
  if (!hooks_.on_word) return;
  std::unique_ptr<EndpointListener>& listener = heartbeats_[address].listener;
  if (listener == nullptr) {
    listener = std::make_unique<EndpointListener>(loop_, *prober_, address, config_.interval,
                                                  hooks_.on_word);
  }
  listener->OnProbe(result);
}

absl::Duration ProbeScheduler::Interval(const Heartbeat& heartbeat) {
  const double share = config_.jitter_percent / 100.0;
  const absl::Duration jittered =
      config_.interval * (1 + share * (2 * UnitInterval(random_.Next()) - 1));
  // Suspicion must not cost what the others need: many that hang would take all places.
  const bool is_quick = heartbeat.pace.is_suspect() && budget_.has_room_to_spare();
  return is_quick ? ProbePace::kSuspectShare * jittered : jittered;
}

}  // namespace nines
