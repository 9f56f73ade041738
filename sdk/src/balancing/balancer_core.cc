// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/balancer_core.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "health/make_event.h"

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

HealthEngine::Emit EmitTo(Notifier& notifier) {
  if (!notifier.has_observer()) return nullptr;
  return [&notifier](Event event) { notifier.QueueEvent(std::move(event)); };
}

uint64_t NextBalancerId() {
  static std::atomic<uint64_t> last_id{0};
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Balancer::Core::Core(Options options)
    : target_(std::move(options.target)),
      id_(NextBalancerId()),
      clock_(options.loop->clock()),
      random_(options.random != nullptr ? *options.random : ProcessRandom()),
      initial_connectivity_(options.initial_connectivity),
      on_reachable_(std::move(options.on_reachable)),
      notifier_(target_, std::move(options.observer), std::move(options.on_pickable)),
      config_(std::move(options.config)),
      policy_(std::move(options.policy)),
      prober_(std::move(options.prober)),
      loop_(std::move(options.loop)),
      engine_(table_, random_, EmitTo(notifier_)),
      data_plane_(BuildPickTable(DraftPickTable(table_, policy_, config_))) {
  MutexLock lock(mutex_);
  ConfigureLocked();
  engine_.RecountTiers();
  SettleLocked(clock_.Now());
}

void Balancer::Core::Start() {
  PostToLoop(&Core::RestartProbesOnLoop);
  PostToLoop(&Core::ArmTickOnLoop);
  PostToLoop(&Core::ArmStallLookOnLoop);
}

void Balancer::Core::ConfigureLocked() {
  engine_.Configure(config_, clock_.Now());
  judge_.SetClasses(config_.status_classes);
  limits_in_flight_.store(config_.max_in_flight_per_endpoint != 0, std::memory_order_relaxed);
  data_plane_.threshold.store(config_.outlier_detection.consecutive_failures,
                              std::memory_order_relaxed);
}

void Balancer::Core::Reconfigure(BalancerConfig config, std::shared_ptr<const Policy> policy,
                                 std::shared_ptr<Prober> prober) {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  PickTableDraft draft;
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    policy_ = std::move(policy);
    prober_.swap(prober);  // the old one goes after the lock
    config_ = std::move(config);
    ConfigureLocked();
    if (prober_ == nullptr) engine_.ForgetProbes(clock_.Now());
    notifier_.QueueEvent(MakeEvent(Event::Kind::kConfigChanged,
                                   absl::StrCat("policy ", policy_->name()), clock_.Now()));
    draft = DraftLocked();
  }
  BuildAndPublish(std::move(draft));
  notifier_.Deliver();
  PostToLoop(&Core::RestartProbesOnLoop);
  PostToLoop(&Core::ArmTickOnLoop);
  PostToLoop(&Core::ArmStallLookOnLoop);
}

void Balancer::Core::Update(const EndpointList& endpoints,
                            absl::FunctionRef<void*(const Endpoint&)> attach) {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  std::vector<const Endpoint*> unknown;
  {
    MutexLock lock(mutex_);
    unknown = table_.FindUnknown(endpoints);
  }
  Attachments attachments;
  for (const Endpoint* endpoint : unknown) {
    const auto [slot, is_first] = attachments.try_emplace(endpoint->address);
    if (is_first) slot->second = attach(*endpoint);
  }
  PickTableDraft draft;
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    const absl::Time now = clock_.Now();
    if (MergeLocked(endpoints, attachments, now)) {
      draft = DraftLocked();
    } else {
      SettleLocked(now);
    }
  }
  if (draft.table != nullptr) BuildAndPublish(std::move(draft));
  notifier_.Deliver();
  PostToLoop(&Core::UpdateProbesOnLoop);
  PostToLoop(&Core::ArmTickOnLoop);
}

bool Balancer::Core::MergeLocked(const EndpointList& endpoints, const Attachments& attachments,
                                 absl::Time now) {
  states_->Reserve(attachments.size());
  const bool was_resolved = std::exchange(is_resolved_, true);
  is_resolve_news_ |= !std::exchange(resolve_error_, absl::OkStatus()).ok();
  const auto changes = table_.Merge(endpoints, [&](const Endpoint& endpoint) {
    const auto attachment = attachments.find(endpoint.address);
    return states_->Make(endpoint, attachment == attachments.end() ? nullptr : attachment->second,
                         shared_from_this(), FlagsOf(initial_connectivity_));
  });
  for (const auto& record : changes.removed) {
    engine_.OnRemoved(*record);
    notifier_.QueueEvent(
        MakeEvent(Event::Kind::kEndpointRemoved, "", now, record->endpoint.address));
  }
  for (const std::string& address : changes.added) {
    EndpointRecord& record = *table_.Find(address);
    notifier_.QueueEvent(MakeEvent(Event::Kind::kEndpointAdded, "", now, address));
    engine_.OnAdded(record, now);
    // Those of the first answer share all calls from the start: none of them is newer.
    if (was_resolved) engine_.BeginSlowStart(record, now);
  }
  engine_.UpdateLame(now);
  engine_.RecountTiers();
  if (!was_resolved) engine_.RestoreKnown(now);
  SayResolvedLocked(endpoints, now);
  return changes.changed || !was_resolved;
}

// A name that fails may still change the list, until nobody is left: lame endpoints are no answer.
void Balancer::Core::SayResolvedLocked(const EndpointList& endpoints, absl::Time now) {
  const auto listed = std::count_if(endpoints.begin(), endpoints.end(),
                                    [](const Endpoint& endpoint) { return !endpoint.is_lame; });
  if (listed == 0 || !std::exchange(is_resolve_news_, false)) return;
  notifier_.QueueEvent(MakeEvent(
      Event::Kind::kResolved, absl::StrCat(listed, listed == 1 ? " endpoint" : " endpoints"), now));
}

void Balancer::Core::Settle(absl::FunctionRef<bool(absl::Time now)> change) {
  const std::shared_ptr<Core> self = shared_from_this();  // who is told may let go of it
  bool is_tick_late = false;
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr) return;  // and with it, perhaps, the clock has gone
    const absl::Time now = clock_.Now();
    if (!change(now)) return;
    SettleLocked(now);
    is_tick_late = engine_.NextTick() < tick_due_;
  }
  notifier_.Deliver();
  if (is_tick_late) PostToLoop(&Core::ArmTickOnLoop);
}

void Balancer::Core::SetConnectivity(absl::string_view address, Connectivity connectivity,
                                     const absl::Status& status) {
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    EndpointRecord* record = table_.Find(address);
    if (record == nullptr) return false;
    engine_.OnConnectivity(*record, connectivity, status, now);
    return true;
  });
}

absl::Status Balancer::Core::SetOverride(absl::string_view address, const Override& wish) {
  absl::Status status = CheckOverride(address, wish);
  if (!status.ok()) return status;
  status = absl::FailedPreconditionError(absl::StrCat(target_, ": shut down"));
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    status = engine_.SetOverride(std::string(address), wish, now);
    return status.ok();
  });
  return status;
}

absl::StatusOr<LearnedState> Balancer::Core::Learned() const {
  MutexLock lock(mutex_);
  if (loop_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(target_, ": shut down"));
  }
  return engine_.Learned(clock_.Now());
}

void Balancer::Core::Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of) {
  MutexLock lock(mutex_);
  engine_.Restore(std::move(learned), as_of);
}

void Balancer::Core::SetResolveError(const absl::Status& status) {
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    resolve_error_ = status;
    notifier_.QueueEvent(
        MakeEvent(Event::Kind::kResolveFailed, std::string(status.message()), now));
    return true;  // calls that wait for a first answer may want to fail now
  });
}

std::vector<EndpointStatus> Balancer::Core::Endpoints() const {
  MutexLock lock(mutex_);
  std::vector<EndpointStatus> statuses;
  statuses.reserve(table_.size());
  for (const auto& record : table_.records()) {
    EndpointStatus status;
    status.endpoint = record->endpoint;
    status.endpoint.weight = record->weight();
    status.state = HealthStateOf(*record->state);
    status.reason = record->reason.ToString();
    if (record->endpoint.is_lame) {
      absl::StrAppend(&status.reason, status.reason.empty() ? "" : "; ", kWhyLame);
    }
    status.since = record->since;
    status.in_flight = record->state->in_flight();
    record->CountCalls();
    status.calls = record->calls;
    status.failures = record->failures;
    status.latency = absl::Nanoseconds(record->state->latency());
    status.share_ratio = static_cast<double>(record->state->share()) / EndpointState::kFullShare;
    status.last_error = record->last_error;
    if (const auto* entry = engine_.FindOverride(record->endpoint.address)) {
      status.by_hand = entry->wish;
      status.by_hand_until = entry->until;
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

Balancer::Counters Balancer::Core::counters() const {
  Counters counters;
  counters.keyless_picks = stripes_.Sum(PickStripes::kKeyless);
  counters.overflow_picks = stripes_.Sum(PickStripes::kOverflow);
  counters.panic_picks = stripes_.Sum(PickStripes::kPanic);
  counters.against_health_picks = stripes_.Sum(PickStripes::kAgainstHealth);
  return counters;
}

void Balancer::Core::Shutdown() {
  std::shared_ptr<EventLoop> loop;
  {
    MutexLock lock(mutex_);
    loop = std::exchange(loop_, nullptr);
    if (loop != nullptr) {
      for (const auto& record : table_.records()) engine_.OnRemoved(*record);
      table_.Merge({}, [](const Endpoint&) { return EndpointRef(); });
      engine_.RecountTiers();
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
      data_plane_.table.Reclaim();
      if (data_plane_.table.retired_count() == 0) return;
    }
    std::this_thread::yield();  // until the picks under way are over
  }
}

PickTableDraft Balancer::Core::DraftLocked() {
  engine_.TakeWeightChange();  // the new table has every weight
  PickTableDraft draft = DraftPickTable(table_, policy_, config_);
  draft.table->SetTiers(engine_.counts().tiers(), config_.tier_overprovisioning_factor);
  draft.version = ++draft_version_;
  return draft;
}

void Balancer::Core::BuildAndPublish(PickTableDraft draft) {
  const uint64_t version = draft.version;
  std::unique_ptr<const PickTable> table = BuildPickTable(std::move(draft));
  MutexLock lock(mutex_);
  if (version < published_version_) return;  // another thread's news are newer, and already out
  PublishLocked(version, std::move(table));
  SettleLocked(clock_.Now());
}

void Balancer::Core::PublishLocked() {
  PickTableDraft draft = DraftLocked();
  const uint64_t version = draft.version;
  PublishLocked(version, BuildPickTable(std::move(draft)));
}

void Balancer::Core::PublishLocked(uint64_t version, std::unique_ptr<const PickTable> table) {
  for (const auto& record : table_.records()) {
    LeaseCount& leases = record->state->leases();
    table->uses_lease_cells ? leases.UseCells() : leases.LeaveCells();
  }
  data_plane_.table.Publish(std::move(table));
  published_version_ = version;
  SettleLeasesLocked();
}

void Balancer::Core::SettleLeasesLocked() {
  // An old table that is left may have readers who still count in cells.
  if (data_plane_.table.current().uses_lease_cells || data_plane_.table.retired_count() != 0)
    return;
  for (const auto& record : table_.records()) record->state->leases().Settle();
}

void Balancer::Core::SettleLocked(absl::Time now) {
  if (engine_.TakeWeightChange()) {
    engine_.RecountTiers();
    PublishLocked();
  }
  engine_.UpdatePanic(now);
  data_plane_.mask.store(engine_.pick_mask(), std::memory_order_relaxed);
  judge_.SetTypicalLatency(engine_.typical_latency());
  // A table that is behind may have other tiers; the one that is coming has seen these counts, and
  // sees the latest when it is published.
  if (!IsTableBehindLocked()) {
    data_plane_.table.current().SetTiers(engine_.counts().tiers(),
                                         config_.tier_overprovisioning_factor);
  }
  if (is_starved_) {
    is_starved_ = false;
    notifier_.QueuePickable();
  }
}

}  // namespace nines
