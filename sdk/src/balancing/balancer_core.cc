// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/balancer_core.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "balancing/pick_failure.h"

namespace nines {
namespace {

uint32_t FlagsOf(Connectivity connectivity) {
  switch (connectivity) {
    case Connectivity::kConnected:
      return 0;
    case Connectivity::kConnecting:
      return EndpointState::kNotConnected;
    case Connectivity::kFailed:
      return EndpointState::kNotConnected | EndpointState::kConnectFailed;
  }
  return 0;
}

std::vector<HashKeySource> KeysOf(const BalancerConfig& config) {
  const auto* hash = std::get_if<HashConfig>(&config.algorithm);
  return hash != nullptr ? hash->keys : std::vector<HashKeySource>();
}

Event EndpointEvent(Event::Kind kind, const std::string& address, absl::Time now) {
  Event event;
  event.kind = kind;
  event.time = now;
  event.address = address;
  return event;
}

}  // namespace

Balancer::Core::Core(Options options)
    : target_(std::move(options.target)),
      clock_(options.loop->clock()),
      random_(options.random != nullptr ? *options.random : ProcessRandom()),
      initial_connectivity_(options.initial_connectivity),
      notifier_(target_, std::move(options.observer), std::move(options.on_pickable)),
      config_(std::move(options.config)),
      policy_(std::move(options.policy)),
      prober_(std::move(options.prober)),
      loop_(std::move(options.loop)),
      engine_(table_, [this](Event event) { notifier_.QueueEvent(std::move(event)); }),
      published_(BuildPickTableLocked()) {
  MutexLock lock(mutex_);
  ConfigureLocked();
  pick_mask_.store(engine_.pick_mask(), std::memory_order_relaxed);
}

void Balancer::Core::Start() {
  PostToLoop(&Core::RestartProbesOnLoop);
  PostToLoop(&Core::ArmTickOnLoop);
}

void Balancer::Core::ConfigureLocked() {
  engine_.Configure(config_.outlier_detection, config_.panic);
  failure_threshold_.store(config_.outlier_detection.consecutive_failures,
                           std::memory_order_relaxed);
}

void Balancer::Core::Reconfigure(BalancerConfig config, std::shared_ptr<const Policy> policy,
                                 std::shared_ptr<Prober> prober) {
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    policy_ = std::move(policy);
    prober_ = std::move(prober);
    config_ = std::move(config);
    ConfigureLocked();
    if (prober_ == nullptr) engine_.ForgetProbes(clock_.Now());
    PublishLocked();
    Event event;
    event.kind = Event::Kind::kConfigChanged;
    event.time = clock_.Now();
    event.reason = absl::StrCat("policy ", policy_->name());
    notifier_.QueueEvent(std::move(event));
    SettleLocked(clock_.Now());
  }
  notifier_.Deliver();
  PostToLoop(&Core::RestartProbesOnLoop);
  PostToLoop(&Core::ArmTickOnLoop);
}

void Balancer::Core::Update(const EndpointList& endpoints,
                            absl::FunctionRef<void*(const Endpoint&)> attach) {
  absl::flat_hash_map<std::string, void*> attachments;
  {
    MutexLock lock(mutex_);
    for (const Endpoint& endpoint : endpoints) {
      if (table_.Find(endpoint.address) == nullptr) attachments[endpoint.address] = nullptr;
    }
  }
  for (const Endpoint& endpoint : endpoints) {
    const auto added = attachments.find(endpoint.address);
    if (added != attachments.end() && added->second == nullptr) added->second = attach(endpoint);
  }
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    const absl::Time now = clock_.Now();
    const bool was_resolved = std::exchange(is_resolved_, true);
    resolve_error_ = absl::OkStatus();
    const auto changes = table_.Merge(endpoints, [&](const Endpoint& endpoint) {
      return EndpointRef(new EndpointState(endpoint, attachments[endpoint.address],
                                           shared_from_this(), FlagsOf(initial_connectivity_)));
    });
    for (const auto& record : changes.removed) {
      engine_.OnRemoved(*record);
      notifier_.QueueEvent(
          EndpointEvent(Event::Kind::kEndpointRemoved, record->endpoint.address, now));
    }
    for (const std::string& address : changes.added) {
      engine_.OnAdded(*table_.Find(address), now);
      notifier_.QueueEvent(EndpointEvent(Event::Kind::kEndpointAdded, address, now));
    }
    if (changes.changed || !was_resolved) PublishLocked();
    SettleLocked(now);
  }
  notifier_.Deliver();
  PostToLoop(&Core::UpdateProbesOnLoop);
}

void Balancer::Core::SetConnectivity(absl::string_view address, Connectivity connectivity,
                                     const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    EndpointRecord* record = table_.Find(address);
    if (record == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.OnConnectivity(*record, connectivity, status, now);
    SettleLocked(now);
  }
  notifier_.Deliver();
}

void Balancer::Core::SetResolveError(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    const absl::Time now = clock_.Now();
    resolve_error_ = status;
    Event event;
    event.kind = Event::Kind::kResolveFailed;
    event.time = now;
    event.reason = std::string(status.message());
    notifier_.QueueEvent(std::move(event));
    SettleLocked(now);  // calls that wait for a first answer may want to fail now
  }
  notifier_.Deliver();
}

uint64_t Balancer::Core::SeedOf(const PickTable& table, const Call& call,
                                CallMemory& memory) const {
  if (memory.seed().has_value()) return *memory.seed();
  std::optional<uint64_t> seed;
  if (table.seed_source == Policy::SeedSource::kHashKey) seed = table.key_hasher.Hash(call);
  if (!seed.has_value()) seed = random_.Next();
  memory.set_seed(*seed);
  return *seed;
}

// Adds to `memory` what earlier attempts that it did not see most likely had: with a key, the first
// candidates of its order; without one, endpoints whose latest attempts failed.
void Balancer::Core::RecallForgotten(const PickTable& table, const Call& call, uint64_t seed,
                                     CallMemory& memory) const {
  const uint32_t mask = pick_mask_.load(std::memory_order_relaxed);
  const bool has_key =
      table.seed_source == Policy::SeedSource::kHashKey && table.key_hasher.Hash(call).has_value();
  const uint32_t limit = table.candidates->candidate_limit();
  const uint32_t wanted =
      std::min(call.forgotten_attempts, static_cast<uint32_t>(CallMemory::kCapacity));
  for (uint32_t k = 0; k < limit && memory.attempts() < wanted; ++k) {
    const EndpointState& candidate = *table.endpoints[table.candidates->Candidate(seed, k)];
    if ((candidate.flags() & mask) != 0 || memory.AttemptsSince(candidate.id()) != 0) continue;
    if (has_key || candidate.is_failing()) memory.AddTried(candidate.id());
  }
}

PickResult Balancer::Core::ToPicked(const Taken& taken, CallMemory& memory) {
  memory.AddTried(taken.endpoint->id());
  return Picked{Lease(taken.endpoint, taken.endpoint->generation(),
                      taken.grant == EndpointState::Grant::kTrial)};
}

PickResult Balancer::Core::Pick(const Call& call, CallMemory& memory) {
  {
    const ReadSection section;
    const PickTable& table = published_.Get(section);
    const uint64_t seed = SeedOf(table, call, memory);
    if (call.forgotten_attempts != 0 && memory.attempts() == 0) {
      RecallForgotten(table, call, seed, memory);
    }
    const Taken taken = Walk(table, seed, memory, pick_mask_.load(std::memory_order_relaxed));
    if (taken.endpoint != nullptr) return ToPicked(taken, memory);
  }
  return PickUnderLock(memory);
}

// The pick of last resort. Under the lock, so that either it sees the change that would help it, or
// that change sees that it is starved and wakes the caller.
PickResult Balancer::Core::PickUnderLock(CallMemory& memory) {
  MutexLock lock(mutex_);
  const ReadSection section;
  const PickTable& table = published_.Get(section);
  Taken taken = Walk(table, *memory.seed(), memory, engine_.pick_mask());
  if (taken.endpoint == nullptr && engine_.may_override_health()) {
    // Nobody whom health approves of is left: better a doubtful endpoint than a certain failure.
    taken = Walk(table, *memory.seed(), memory, EndpointState::kHardFlags);
  }
  if (taken.endpoint != nullptr) return ToPicked(taken, memory);
  is_starved_ = true;
  return WhyNoneLocked();
}

PickResult Balancer::Core::WhyNoneLocked() const {
  if (loop_ == nullptr) {
    return Unavailable{absl::UnavailableError(absl::StrCat(target_, ": shut down"))};
  }
  if (!is_resolved_ && resolve_error_.ok()) return Wait{};
  if (table_.empty()) return Unavailable{NoEndpointsError(target_, resolve_error_)};
  if (IsStillConnecting(table_)) return Wait{};
  return Unavailable{NoUsableEndpointError(target_, table_)};
}

bool Balancer::Core::CanPickUntried(const CallMemory& memory) const {
  const ReadSection section;
  const PickTable& table = published_.Get(section);
  const uint32_t mask = pick_mask_.load(std::memory_order_relaxed);
  for (const EndpointRef& endpoint : table.endpoints) {
    if ((endpoint->flags() & mask) == 0 && memory.AttemptsSince(endpoint->id()) == 0) return true;
  }
  return false;
}

std::vector<EndpointStatus> Balancer::Core::Endpoints() const {
  MutexLock lock(mutex_);
  std::vector<EndpointStatus> statuses;
  statuses.reserve(table_.size());
  for (const auto& record : table_.records()) {
    EndpointStatus status;
    status.endpoint = record->endpoint;
    status.state = HealthStateOf(*record->state);
    status.reason = record->reason;
    status.since = record->since;
    status.in_flight = record->state->in_flight();
    status.calls = record->state->calls();
    status.failures = record->state->failures();
    status.last_error = record->last_error;
    statuses.push_back(std::move(status));
  }
  return statuses;
}

void Balancer::Core::Shutdown() {
  std::shared_ptr<EventLoop> loop;
  {
    MutexLock lock(mutex_);
    loop = std::exchange(loop_, nullptr);
    if (loop != nullptr) {
      for (const auto& record : table_.records()) engine_.OnRemoved(*record);
      table_.Merge({}, [](const Endpoint&) { return EndpointRef(); });
      PublishLocked();
    }
  }
  notifier_.Stop();
  if (loop == nullptr) return;
  FreeOldTables();
  RunOnLoopAndWait(*loop, [this] { loop_side_ = LoopSide(); });
}

// Old tables own endpoints, which own this: left to a next publication, they would never go.
void Balancer::Core::FreeOldTables() {
  while (true) {
    {
      MutexLock lock(mutex_);
      published_.Reclaim();
      if (published_.retired_count() == 0) return;
    }
    std::this_thread::yield();  // until the picks under way are over
  }
}

std::unique_ptr<const PickTable> Balancer::Core::BuildPickTableLocked() const {
  EndpointList endpoints;
  std::vector<EndpointRef> states;
  endpoints.reserve(table_.size());
  states.reserve(table_.size());
  for (const auto& record : table_.records()) {
    endpoints.push_back(record->endpoint);
    states.push_back(record->state);
  }
  auto candidates = policy_->BuildTable(endpoints);
  return std::unique_ptr<const PickTable>(new PickTable{std::move(states), std::move(candidates),
                                                        policy_->seed_source(),
                                                        KeyHasher(KeysOf(config_))});
}

void Balancer::Core::PublishLocked() { published_.Publish(BuildPickTableLocked()); }

void Balancer::Core::SettleLocked(absl::Time now) {
  engine_.UpdatePanic(now);
  pick_mask_.store(engine_.pick_mask(), std::memory_order_relaxed);
  if (is_starved_) {
    is_starved_ = false;
    notifier_.QueuePickable();
  }
}

EndpointRecord* Balancer::Core::FindLocked(const EndpointState& state) const {
  EndpointRecord* record = table_.Find(state.endpoint().address);
  // The address may have gone and come back: then this state is of its former life.
  return record != nullptr && record->state.get() == &state ? record : nullptr;
}

void Balancer::Core::OnFailure(EndpointState& state, const Outcome& outcome) {
  // For the message only, so a report never waits for it.
  if (!mutex_.TryLock()) return;
  if (EndpointRecord* record = FindLocked(state)) record->last_error = outcome.status;
  mutex_.Unlock();
}

void Balancer::Core::OnFailureThreshold(EndpointState& state, const Outcome& outcome) {
  {
    MutexLock lock(mutex_);
    EndpointRecord* record = FindLocked(state);
    if (record == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.OnFailureThreshold(*record, outcome, now);
    SettleLocked(now);
  }
  notifier_.Deliver();
  PostToLoop(&Core::ArmTickOnLoop);
}

void Balancer::Core::OnTrialEnd(EndpointState& state, const Outcome& outcome) {
  {
    MutexLock lock(mutex_);
    EndpointRecord* record = FindLocked(state);
    if (record == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.OnTrialEnd(*record, outcome, now);
    SettleLocked(now);
  }
  notifier_.Deliver();
  PostToLoop(&Core::ArmTickOnLoop);
}

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
  {
    MutexLock lock(mutex_);
    loop_side_.probes.reset();
    if (loop_ != nullptr && prober_ != nullptr && config_.health_check.has_value()) {
      loop_side_.probes = std::make_unique<ProbeScheduler>(
          *loop_, random_, prober_, *config_.health_check,
          [this](const std::string& address, const absl::Status& result) {
            OnProbeOnLoop(address, result);
          });
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
  loop_side_.probes->SetAddresses(addresses);
}

void Balancer::Core::OnProbeOnLoop(const std::string& address, const absl::Status& result) {
  {
    MutexLock lock(mutex_);
    EndpointRecord* record = table_.Find(address);
    if (record == nullptr || prober_ == nullptr || !config_.health_check.has_value()) return;
    const absl::Time now = clock_.Now();
    engine_.OnProbe(*record, prober_->kind(), *config_.health_check, result, now);
    SettleLocked(now);
  }
  notifier_.Deliver();
}

void Balancer::Core::ArmTickOnLoop() {
  MutexLock lock(mutex_);
  if (loop_ == nullptr) return;
  const absl::Duration until_due = engine_.NextTick() - clock_.Now();
  loop_side_.tick = loop_->RunAfter(std::min(until_due, config_.outlier_detection.interval),
                                    [this] { TickOnLoop(); });
}

void Balancer::Core::TickOnLoop() {
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.Tick(now);
    SettleLocked(now);
    published_.Reclaim();
  }
  notifier_.Deliver();
  ArmTickOnLoop();
}

}  // namespace nines
