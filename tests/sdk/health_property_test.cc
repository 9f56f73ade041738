// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What holds after every step, whatever comes in and in whatever order: random inputs from fixed
// seeds, on a clock that is turned by hand.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "endpoints/state_arena.h"
#include "health/health_engine.h"
#include "support/fakes.h"

namespace nines {
namespace {

constexpr int kEndpoints = 7;
constexpr uint32_t kOutFlags = EndpointState::kEjected | EndpointState::kTrial;
constexpr uint32_t kTakenOut = EndpointState::kTakenOutFlags;

// Around the engine what Balancer::Core is around it, without threads: calls take leases by the
// pick mask, and their outcomes come back through the endpoints' listener.
class Pool {
 public:
  explicit Pool(uint64_t seed)
      : random_(seed), listener_(std::make_shared<Listener>(*this)), engine_random_(seed) {
    config_.outlier_detection.max_ejection_time = absl::Seconds(17);  // reached by the fourth
    config_.slow_start.emplace();
    engine_.Configure(config_, now_);
    Merge(EndpointsNumbered(kEndpoints));
  }
  ~Pool() {
    for (const HeldLease& lease : leases_) lease.record->state->Unlease();
  }

  const OutlierDetectionConfig& config() const { return config_.outlier_detection; }
  const EndpointTable& table() const { return table_; }
  const HealthEngine& engine() const { return engine_; }
  absl::Time now() const { return now_; }

  // One random input.
  void Step() {
    static constexpr void (Pool::*kSteps[])() = {
        &Pool::CallSome, &Pool::CallSome,  &Pool::CallSome,     &Pool::CallSome,
        &Pool::EndLease, &Pool::EndLease,  &Pool::FailThrough,  &Pool::Reconnect,
        &Pool::Probe,    &Pool::Probe,     &Pool::OverrideOne,  &Pool::Wait,
        &Pool::Wait,     &Pool::LookTwice, &Pool::ChangeTheSet,
    };
    (this->*kSteps[Below(std::size(kSteps))])();
    Settle();
  }

  // Time passes and all goes well: calls succeed, and nobody says anything.
  void BeWellFor(absl::Duration duration) {
    while (!leases_.empty()) EndLeaseWith(absl::OkStatus());
    for (const absl::Time end = now_ + duration; now_ < end;) {
      now_ += absl::Milliseconds(100);
      if (engine_.NextTick() <= now_) engine_.Tick(now_);
      Settle();
      for (const auto& record : table_.records()) {
        if (Lease(*record, engine_.pick_mask())) EndLeaseWith(absl::OkStatus());
      }
    }
  }

 private:
  struct HeldLease {
    std::shared_ptr<EndpointRecord> record;
    EndpointState::Grant grant;
    uint32_t generation;
  };

  class Listener final : public OutcomeListener {
   public:
    explicit Listener(Pool& pool) : pool_(pool) {}
    OutcomeClass Judge(const EndpointState& /*state*/, const Outcome& outcome) const override {
      return ClassOf(outcome);
    }
    void OnFailure(EndpointState& state, const Outcome& outcome) override {
      if (EndpointRecord* record = pool_.Find(state)) {
        pool_.engine_.OnFailure(*record, outcome, pool_.now_);
      }
    }
    void OnFailureThreshold(EndpointState& state, const Outcome& outcome) override {
      if (EndpointRecord* record = pool_.Find(state)) {
        pool_.engine_.OnFailureThreshold(*record, outcome, pool_.now_);
      }
    }
    void OnTrialEnd(EndpointState& state, const Outcome& outcome) override {
      if (EndpointRecord* record = pool_.Find(state)) {
        pool_.engine_.OnTrialEnd(*record, outcome, pool_.now_);
      }
    }
    void OnTrialDropped(EndpointState& state) override {
      OnTrialEnd(state, MakeOutcome(absl::CancelledError("dropped")));
    }
    bool IsCallToBlame(CallMemory& /*memory*/) override { return false; }
    void OnCountedLeaseEnd() override {}
    uint32_t failure_threshold() const override { return pool_.config().consecutive_failures; }

   private:
    Pool& pool_;
  };

  uint64_t Below(uint64_t limit) { return random_.Next() % limit; }
  const std::shared_ptr<EndpointRecord>& Any() {
    return table_.records()[Below(table_.records().size())];
  }
  EndpointRecord* Find(const EndpointState& state) {
    EndpointRecord* record = table_.Find(state.endpoint().address);
    return record != nullptr && record->state.get() == &state ? record : nullptr;
  }
  absl::Status AnyStatus() {
    static const auto& statuses =
        *new std::vector<absl::Status>{absl::OkStatus(),
                                       absl::OkStatus(),
                                       absl::UnavailableError("down"),
                                       absl::InternalError("bug"),
                                       absl::NotFoundError("no"),
                                       absl::ResourceExhaustedError("busy")};
    return statuses[Below(statuses.size())];
  }

  // Takes a lease, as a pick would, and puts it last. Nobody who was taken out gives one.
  bool Lease(EndpointRecord& record, uint32_t mask) {
    const uint32_t flags = record.state->flags();
    const uint32_t generation = record.state->generation();
    const EndpointState::Grant grant = record.state->TryLease(mask);
    if (grant == EndpointState::Grant::kNone) return false;
    EXPECT_EQ(flags & (kTakenOut | EndpointState::kNotConnected), 0u);
    const auto is_it = [&](const auto& other) { return other.get() == &record; };
    leases_.push_back({*std::find_if(table_.records().begin(), table_.records().end(), is_it),
                       grant, generation});
    return true;
  }
  void EndLeaseWith(const absl::Status& status) {
    const HeldLease lease = std::move(leases_.back());
    leases_.pop_back();
    lease.record->state->Report({lease.grant, lease.generation}, MakeOutcome(status));
  }

  // The steps:
  void CallSome() {
    EndpointRecord& record = *Any();
    const bool is_kept = Below(4) == 0;
    if (!Lease(record, engine_.pick_mask()) &&
        !(engine_.may_override_health() && Lease(record, EndpointState::kHardFlags))) {
      return;
    }
    if (!is_kept || leases_.size() > 50) EndLeaseWith(AnyStatus());
  }
  void EndLease() {
    if (leases_.empty()) return;
    std::swap(leases_[Below(leases_.size())], leases_.back());
    EndLeaseWith(AnyStatus());
  }
  void FailThrough() {
    EndpointRecord& record = *Any();
    for (int call = 0; call < 5 && Lease(record, engine_.pick_mask()); ++call) {
      EndLeaseWith(absl::UnavailableError("down"));
    }
  }
  void Reconnect() {
    const Connectivity to = Below(3) == 0   ? Connectivity::kFailed
                            : Below(4) == 0 ? Connectivity::kConnecting
                                            : Connectivity::kConnected;
    engine_.OnConnectivity(*Any(), to, absl::UnavailableError("refused"), now_);
  }
  void Probe() {
    const absl::Time began = now_ - absl::Milliseconds(Below(100));
    absl::Status status = Below(2) == 0 ? absl::OkStatus() : absl::UnavailableError("ill");
    if (Below(20) == 0) status = absl::UnimplementedError("none");
    if (Below(20) == 0) status = absl::ResourceExhaustedError("none");
    EndpointRecord& record = *Any();
    for (uint64_t times = 1 + Below(3); times > 0; --times) {
      engine_.OnProbe(record, HealthCheckConfig(), {"tcp", status, began}, now_);
    }
    if (Below(200) == 0) engine_.ForgetProbes(now_);
  }
  void OverrideOne() {
    Override wish;
    if (Below(3) != 0) wish.mode = static_cast<Override::Mode>(Below(4));
    if (Below(4) == 0) wish.weight = static_cast<uint32_t>(1 + Below(5));
    if (!wish.is_clear() && Below(2) == 0) wish.expires_after = absl::Seconds(1 + Below(20));
    const std::string address = absl::StrCat("e", Below(kEndpoints + 2));  // some are not known
    EXPECT_TRUE(engine_.SetOverride(address, wish, now_).ok());
  }
  void Wait() {
    now_ = std::min(now_ + absl::Milliseconds(Below(4000)),
                    std::max(now_, engine_.NextTick()) + absl::Milliseconds(Below(3)));
    if (engine_.NextTick() <= now_) engine_.Tick(now_);
  }
  void LookTwice() {
    for (int look = 0; look < 2; ++look) {
      now_ += absl::Milliseconds(25);
      engine_.LookForStalls(now_);
    }
  }
  void ChangeTheSet() {
    EndpointList endpoints = EndpointsNumbered(kEndpoints);
    for (Endpoint& endpoint : endpoints) endpoint.tier = Below(10) == 0 ? 1 : 0;
    if (Below(3) == 0) endpoints.erase(endpoints.begin() + static_cast<int>(Below(kEndpoints)));
    Merge(endpoints);
  }

  void Merge(const EndpointList& endpoints) {
    const auto changes = table_.Merge(endpoints, [this](const Endpoint& endpoint) {
      return arena_->Make(endpoint, nullptr, listener_, 0);
    });
    for (const auto& record : changes.removed) engine_.OnRemoved(*record);
    for (const std::string& address : changes.added) engine_.OnAdded(*table_.Find(address), now_);
    engine_.RecountTiers();
  }
  void Settle() {
    if (engine_.TakeWeightChange()) engine_.RecountTiers();
    engine_.UpdatePanic(now_);
  }

  FixedRandom random_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  BalancerConfig config_;
  const std::shared_ptr<StateArena> arena_ = std::make_shared<StateArena>();
  const std::shared_ptr<Listener> listener_;
  std::vector<HeldLease> leases_;
  EndpointTable table_;
  FixedRandom engine_random_;
  HealthEngine engine_{table_, engine_random_, nullptr};
};

// What an endpoint was like before a step.
struct Before {
  uint32_t flags = 0;
  uint32_t multiplier = 0;
};

// Looks at a pool before and after each step.
class Observing {
 public:
  explicit Observing(const Pool& pool) : pool_(pool) {}

  void Remember() {
    before_.clear();
    for (const auto& record : pool_.table().records()) {
      before_[record.get()] = {record->state->flags(), record->ejection_multiplier};
    }
  }

  void CheckAll() {
    CheckCounts();
    for (const auto& record : pool_.table().records()) {
      SCOPED_TRACE(record->endpoint.address);
      CheckFlags(*record);
      CheckExit(*record);
      CheckMultiplier(*record);
    }
  }

 private:
  void CheckCounts() const {
    PoolCounts recount;
    for (const auto& record : pool_.table().records()) recount.Add(*record->state);
    recount.RecountTiers(pool_.table());
    const PoolCounts& counts = pool_.engine().counts();
    EXPECT_EQ(counts.in_service(), recount.in_service());
    EXPECT_EQ(counts.healthy(), recount.healthy());
    EXPECT_EQ(counts.unhealthy(), recount.unhealthy());
    EXPECT_EQ(counts.out_by_outcomes(), recount.out_by_outcomes());
    ASSERT_EQ(counts.tiers().size(), recount.tiers().size());
    for (size_t tier = 0; tier < recount.tiers().size(); ++tier) {
      EXPECT_EQ(counts.tiers()[tier].known, recount.tiers()[tier].known);
      EXPECT_EQ(counts.tiers()[tier].usable, recount.tiers()[tier].usable);
      EXPECT_EQ(counts.tiers()[tier].usable_weight, recount.tiers()[tier].usable_weight);
    }
  }

  // No combination that means nothing.
  static void CheckFlags(const EndpointRecord& record) {
    const uint32_t flags = record.state->flags();
    EXPECT_NE(flags & kOutFlags, kOutFlags) << "ejected and on trial";
    EXPECT_NE(flags & kTakenOut, kTakenOut) << "draining and disabled";
    EXPECT_EQ(record.hidden_reason != nullptr, (flags & kTakenOut) != 0);
    EXPECT_FALSE(record.reason.ToString().empty());
    if ((flags & EndpointState::kForcedHealthy) == 0) return;
    EXPECT_EQ(flags & (EndpointState::kVerdictFlags | kTakenOut), 0u) << "forced healthy";
  }

  // Whatever it is in, there is a time or an input that ends it.
  void CheckExit(const EndpointRecord& record) const {
    const uint32_t flags = record.state->flags();
    const Overrides::Entry* entry = pool_.engine().FindOverride(record.endpoint.address);
    const Override::Mode mode = entry != nullptr ? entry->wish.mode : Override::Mode::kNone;
    EXPECT_EQ((flags & EndpointState::kDraining) != 0, mode == Override::Mode::kDrain);
    EXPECT_EQ((flags & EndpointState::kDisabled) != 0, mode == Override::Mode::kDisable);
    EXPECT_EQ((flags & EndpointState::kForcedHealthy) != 0, mode == Override::Mode::kForceHealthy);
    const absl::Time until = entry != nullptr ? entry->until : absl::InfiniteFuture();
    EXPECT_LE(pool_.engine().NextTick(), until);
    if ((flags & EndpointState::kEjected) != 0) {
      EXPECT_LE(pool_.engine().NextTick(), record.ejected_until);
      EXPECT_LE(record.ejected_until, record.ejected_at + pool_.config().max_ejection_time);
    } else if ((flags & EndpointState::kTrial) == 0 && record.ejection_multiplier > 0) {
      EXPECT_LT(record.decay_due, absl::InfiniteFuture()) << "its multiplier decays";
    }
  }

  // Ejections grow by one step each, and decay by one step a base time without any, or at once with
  // an ejection that is taken back.
  void CheckMultiplier(const EndpointRecord& record) {
    const auto known = before_.find(&record);
    if (known == before_.end()) return;
    const Before& before = known->second;
    const uint32_t multiplier = record.ejection_multiplier;
    if (multiplier == before.multiplier) return;
    if (multiplier < before.multiplier) {
      EXPECT_EQ(multiplier, before.multiplier - 1);
      const bool is_taken_back = (before.flags & EndpointState::kEjected) != 0;
      EXPECT_TRUE(is_taken_back
                      ? pool_.now() - record.ejected_at <= CorrelatedFailures::kShortlyBefore
                      : pool_.now() - last_step_[&record] >= pool_.config().base_ejection_time);
    } else {
      CheckEjection(record, before);
    }
    last_step_[&record] = pool_.now();
  }

  void CheckEjection(const EndpointRecord& record, const Before& before) const {
    const PoolCounts& counts = pool_.engine().counts();
    EXPECT_EQ(record.ejection_multiplier, before.multiplier + 1);
    EXPECT_EQ(record.ejected_until - record.ejected_at,
              std::min(pool_.config().base_ejection_time * record.ejection_multiplier,
                       pool_.config().max_ejection_time));
    EXPECT_EQ(before.flags & (kTakenOut | EndpointState::kForcedHealthy), 0u);
    if ((before.flags & kOutFlags) != 0) return;  // a trial failed: it was out, and remains so
    EXPECT_GE(counts.healthy(), 1u) << "the last one stays";
    EXPECT_TRUE(counts.out_by_outcomes() == 1 ||
                counts.out_by_outcomes() * 100 <=
                    pool_.config().max_ejection_percent * counts.in_service())
        << counts.out_by_outcomes() << " of " << counts.in_service();
  }

  const Pool& pool_;
  std::map<const EndpointRecord*, Before> before_;
  std::map<const EndpointRecord*, absl::Time> last_step_;  // of its multiplier
};

class HealthPropertyTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(HealthPropertyTest, InvariantsHoldAfterEveryStep) {
  Pool pool(GetParam());
  Observing observing(pool);
  for (int step = 0; step < 20'000; ++step) {
    observing.Remember();
    pool.Step();
    observing.CheckAll();
    ASSERT_FALSE(HasFailure()) << "at step " << step;
  }
}

// Whether there is a reason for an endpoint to be out that neither time nor good calls end.
bool HasLastingReason(const EndpointRecord& record) {
  constexpr uint32_t kLasting = EndpointState::kNotConnected | EndpointState::kProbeFailed |
                                EndpointState::kDraining | EndpointState::kDisabled;
  return (record.state->flags() & kLasting) != 0;
}

TEST_P(HealthPropertyTest, EverybodyReturnsWhenAllIsWellOrHasAReasonNotTo) {
  Pool pool(GetParam());
  for (int round = 0; round < 50; ++round) {
    for (int step = 0; step < 200; ++step) pool.Step();

    // The longest ejection, the longest override, and a trial.
    pool.BeWellFor(absl::Seconds(17 + 21 + 5));

    for (const auto& record : pool.table().records()) {
      if (HasLastingReason(*record)) continue;
      EXPECT_EQ(HealthStateOf(*record->state), HealthState::kHealthy)
          << record->endpoint.address << ": " << record->reason.ToString();
      EXPECT_EQ(record->state->flags(), record->state->flags() & ~EndpointState::kVerdictFlags);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HealthPropertyTest, ::testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace nines
