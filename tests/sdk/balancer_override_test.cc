// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a person says of an endpoint, through the balancer's public door.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const absl::Status kDown = absl::UnavailableError("down");
const Override kDrain{.mode = Override::Mode::kDrain, .note = "rollout"};
const Override kDisable{.mode = Override::Mode::kDisable};
const Override kForce{.mode = Override::Mode::kForceHealthy};
const Override kClear{};

// Gives each endpoint as many turns as it weighs.
class TurnsPolicy final : public Policy {
 public:
  explicit TurnsPolicy(int& built) : built_(built) {}

  absl::string_view name() const override { return "turns"; }
  SeedSource seed_source() const override { return SeedSource::kSequence; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    ++built_;
    std::vector<uint32_t> turns;
    for (uint32_t i = 0; i < endpoints.size(); ++i) {
      turns.insert(turns.end(), endpoints[i].weight, i);
    }
    return std::make_unique<Table>(std::move(turns));
  }

 private:
  class Table final : public CandidateTable {
   public:
    explicit Table(std::vector<uint32_t> turns) : turns_(std::move(turns)) {}
    uint32_t Candidate(uint64_t seed, uint32_t k) const override {
      return turns_[(seed + k) % turns_.size()];
    }
    uint32_t candidate_limit() const override { return static_cast<uint32_t>(turns_.size()); }

   private:
    const std::vector<uint32_t> turns_;
  };

  int& built_;
};

class BalancerOverrideTest : public BalancerFixture {
 protected:
  void StartWeighted(const EndpointList& endpoints) {
    Start(endpoints);
    balancer_->Reconfigure(config_, std::make_shared<TurnsPolicy>(tables_), nullptr);
    loop_->RunPosted();
    tables_ = 0;
    recorder_->lines.clear();
  }
  void Set(const std::string& address, const Override& wish) {
    ASSERT_TRUE(balancer_->SetOverride(address, wish).ok());
    loop_->RunPosted();
  }
  void FailOn(const std::string& address, int times) {
    for (int i = 0; i < times;) {
      Lease lease = Hold();
      const bool is_wanted = lease.endpoint().address == address;
      lease.Report(MakeOutcome(is_wanted ? kDown : absl::OkStatus()));
      i += is_wanted ? 1 : 0;
    }
  }
  std::string FailureOfPick() {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    return std::string(std::get<Unavailable>(result).status.message());
  }

  int tables_ = 0;  // built since StartWeighted()
};

TEST_F(BalancerOverrideTest, ADrainedEndpointGetsNoNewCall) {
  StartNamed({"a", "b", "c"});

  Set("b", kDrain);

  EXPECT_THAT(CallTimes(30), UnorderedElementsAre(Key("a"), Key("c")));
  EXPECT_EQ(StatusOf("b").state, HealthState::kDraining);
  EXPECT_EQ(StatusOf("b").reason, "by hand: drain: rollout");
  EXPECT_EQ(StatusOf("b").by_hand, kDrain);
  EXPECT_THAT(recorder_->lines, testing::IsSupersetOf({"b override_set", "b healthy->draining"}));
}

TEST_F(BalancerOverrideTest, DrainingSaysWhenTheLastCallHasEnded) {
  StartNamed({"a", "b"});
  Lease first = Hold();
  Lease second = Hold();
  Set("a", kDrain);
  Set("b", kDisable);
  loop_->Advance(absl::Seconds(3));
  EXPECT_THAT(recorder_->lines, Not(Contains(HasSubstr("drained"))));

  first.Report(MakeOutcome(absl::OkStatus()));
  second.Report(MakeOutcome(absl::OkStatus()));
  loop_->Advance(absl::Milliseconds(100));

  EXPECT_EQ(recorder_->lines.back(), "a drained");
}

TEST_F(BalancerOverrideTest, EndsByTheNextOneOrWhenItExpires) {
  StartNamed({"a", "b"});
  Set("a", {.mode = Override::Mode::kDrain, .expires_after = absl::Seconds(10)});
  EXPECT_EQ(StatusOf("a").by_hand_until, loop_->clock().Now() + absl::Seconds(10));
  Set("b", kDisable);

  loop_->Advance(absl::Milliseconds(9'999));
  EXPECT_EQ(StatusOf("a").state, HealthState::kDraining);
  EXPECT_THAT(FailureOfPick(), HasSubstr("no usable endpoint of 2 (1 draining, 1 disabled)"));
  loop_->Advance(absl::Milliseconds(1));
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_EQ(StatusOf("a").reason, "override expired");
  EXPECT_EQ(StatusOf("a").by_hand, Override());
  EXPECT_THAT(CallTimes(10), ElementsAre(Key("a")));

  Set("b", kClear);
  EXPECT_EQ(StatusOf("b").reason, "override cleared by hand");
  EXPECT_THAT(CallTimes(10), UnorderedElementsAre(Key("a"), Key("b")));
}

TEST_F(BalancerOverrideTest, HoldsForAnEndpointThatComesLaterOrComesBack) {
  StartNamed({"a", "b"});
  Set("late", kDrain);
  Set("b", kDisable);

  balancer_->Update(EndpointsNamed({"a", "late"}));
  EXPECT_THAT(CallTimes(10), ElementsAre(Key("a")));
  EXPECT_EQ(StatusOf("late").state, HealthState::kDraining);
  balancer_->Update(EndpointsNamed({"a", "b"}));

  EXPECT_THAT(CallTimes(10), ElementsAre(Key("a")));
  EXPECT_EQ(StatusOf("b").state, HealthState::kDisabled);
}

TEST_F(BalancerOverrideTest, SurvivesANewConfig) {
  StartNamed({"a", "b"});
  Set("a", kDisable);

  balancer_->Reconfigure(config_, std::make_shared<RotatingPolicy>(policy_), nullptr);

  EXPECT_THAT(CallTimes(10), ElementsAre(Key("b")));
}

TEST_F(BalancerOverrideTest, PanicDoesNotBringItBack) {
  StartNamed({"a", "b", "c", "d"});
  Set("a", kDrain);
  Set("b", kDisable);
  Disconnect("c");
  FailOn("d", 5);

  EXPECT_EQ(StatusOf("d").state, HealthState::kHealthy) << "the last one stays";
  EXPECT_THAT(CallTimes(10), ElementsAre(Key("d")));
  Disconnect("d");
  EXPECT_THAT(FailureOfPick(), HasSubstr("2 connecting, 1 draining, 1 disabled"));
}

TEST_F(BalancerOverrideTest, TakingEndpointsOutIsNoPanic) {
  StartNamed({"a", "b", "c", "d", "e"});

  for (const char* address : {"a", "b", "c"}) Set(address, kDrain);

  EXPECT_THAT(recorder_->lines, Not(Contains("panic_entered")));
  FailOn("d", 5);  // one of the two in service: the cap allows it
  EXPECT_EQ(StatusOf("d").state, HealthState::kEjected);
  EXPECT_THAT(CallTimes(10), ElementsAre(Key("e")));
}

TEST_F(BalancerOverrideTest, PanicIsAboutThoseInService) {
  StartNamed({"a", "b", "c", "d", "e", "f"});
  for (const char* address : {"a", "b", "c"}) Set(address, kDisable);

  Disconnect("d");
  EXPECT_THAT(recorder_->lines, Not(Contains("panic_entered")));
  Disconnect("e");

  EXPECT_THAT(recorder_->lines, Contains("panic_entered"));
  EXPECT_THAT(recorder_->events.back().reason, HasSubstr("1 of 3 endpoints are healthy"));
}

TEST_F(BalancerOverrideTest, WithNobodyInServiceCallsFailAtOnce) {
  StartNamed({"a", "b"});
  balancer_->SetConnectivity("a", Connectivity::kConnecting);
  balancer_->SetConnectivity("b", Connectivity::kConnecting);
  Set("a", kDrain);
  CallMemory memory;
  EXPECT_TRUE(std::holds_alternative<Wait>(balancer_->Pick({}, memory)));

  Set("b", kDrain);

  EXPECT_THAT(FailureOfPick(), HasSubstr("2 draining"));
}

TEST_F(BalancerOverrideTest, WhatATierLosesByHandSpillsLikeAnyLoss) {
  EndpointList endpoints = EndpointsNamed({"a", "b", "x"});
  endpoints[2].tier = 1;
  Start(endpoints);
  EXPECT_THAT(CallTimes(100), Not(Contains(Key("x"))));

  Set("a", kDrain);
  EXPECT_NEAR(CallTimes(10'000)["x"], 3000, 300) << "1 - 1.4 × 1 / 2";
  Set("b", kDrain);

  EXPECT_THAT(CallTimes(100), ElementsAre(Pair("x", 100)));
  EXPECT_THAT(recorder_->lines, Not(Contains("panic_entered")));
}

TEST_F(BalancerOverrideTest, AWaitingCallHearsOfTheEnd) {
  StartNamed({"a"});
  Set("a", kDrain);
  FailureOfPick();
  const int before = pickable_;

  Set("a", kClear);

  EXPECT_GT(pickable_, before);
}

TEST_F(BalancerOverrideTest, OutcomesOfCallsFromBeforeDoNotEject) {
  StartNamed({"a", "b", "c"});
  std::vector<Lease> leases;
  while (leases.size() < 16) {
    Lease lease = Hold();
    if (lease.endpoint().address == "a") leases.push_back(std::move(lease));
  }
  Set("a", kDrain);

  for (int i = 0; i < 8; ++i) leases[i].Report(MakeOutcome(kDown));
  Set("a", kClear);
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  for (int i = 8; i < 16; ++i) leases[i].Report(MakeOutcome(kDown));

  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerOverrideTest, AnEjectionGoesOnBeneath) {
  StartNamed({"a", "b", "c"});
  FailOn("a", 5);
  const std::string reason = StatusOf("a").reason;
  Set("a", kDrain);
  loop_->Advance(absl::Seconds(1));

  Set("a", kClear);
  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("a").reason, reason);
  Set("a", kDrain);
  loop_->Advance(absl::Seconds(5));
  EXPECT_EQ(StatusOf("a").state, HealthState::kDraining);
  Set("a", kClear);

  EXPECT_EQ(StatusOf("a").state, HealthState::kDegraded);
  EXPECT_EQ(StatusOf("a").reason, "ejection time over, on trial");
}

TEST_F(BalancerOverrideTest, ATrialUnderWayWhenItIsTakenOutDecidesNothing) {
  StartNamed({"a", "b", "c"});
  FailOn("a", 5);
  loop_->Advance(absl::Seconds(5));
  std::vector<Lease> leases;
  while (leases.empty() || leases.back().endpoint().address != "a") leases.push_back(Hold());
  Set("a", kDrain);

  leases.back().Report(MakeOutcome(absl::OkStatus()));
  Set("a", kClear);

  EXPECT_EQ(StatusOf("a").state, HealthState::kDegraded);
  EXPECT_THAT(CallTimes(10), Contains(Key("a"))) << "the next call is the trial";
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerOverrideTest, ItsConnectionIsKnownWhenItIsBack) {
  StartNamed({"a", "b"});
  Set("a", kDrain);
  Disconnect("a");
  EXPECT_EQ(StatusOf("a").state, HealthState::kDraining);
  EXPECT_EQ(StatusOf("a").reason, "by hand: drain: rollout");

  Set("a", kClear);

  EXPECT_EQ(StatusOf("a").state, HealthState::kConnecting);
  EXPECT_EQ(StatusOf("a").reason, "connection failed: UNAVAILABLE: down");
}

TEST_F(BalancerOverrideTest, WhatIsBackStartsSlowly) {
  config_.slow_start.emplace();
  StartNamed({"a", "b"});
  Set("a", kDrain);

  Set("a", kClear);

  EXPECT_NEAR(StatusOf("a").share_ratio, 0.1, 1e-6);
}

TEST_F(BalancerOverrideTest, ForcedHealthyItTakesCallsWhateverTheyEndLike) {
  StartNamed({"a", "b", "c"});
  FailOn("a", 5);
  ASSERT_EQ(StatusOf("a").state, HealthState::kEjected);

  Set("a", kForce);
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_EQ(StatusOf("a").reason, "by hand: force_healthy");
  recorder_->events.clear();
  recorder_->lines.clear();
  FailOn("a", 20);

  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_THAT(recorder_->lines, ElementsAre("a ejection_not_enforced"));
  EXPECT_THAT(recorder_->events[0].reason, HasSubstr("it is forced healthy by hand"));
}

TEST_F(BalancerOverrideTest, ForcedHealthyItStillNeedsAConnection) {
  StartNamed({"a", "b"});
  Set("a", kForce);

  Disconnect("a");

  EXPECT_THAT(CallTimes(10), ElementsAre(Key("b")));
  EXPECT_EQ(StatusOf("a").state, HealthState::kConnecting);
}

TEST_F(BalancerOverrideTest, NoLongerForcedItIsJudgedAgain) {
  StartNamed({"a", "b", "c"});
  Set("a", kForce);
  FailOn("a", 20);
  Set("a", kClear);
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_EQ(StatusOf("a").reason, "override cleared by hand");

  FailOn("a", 5);

  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
}

TEST_F(BalancerOverrideTest, AWeightReplacesTheResolvers) {
  EndpointList endpoints = EndpointsNamed({"a", "b"});
  endpoints[0].weight = 2;
  StartWeighted(endpoints);
  EXPECT_THAT(CallTimes(30), UnorderedElementsAre(Pair("a", 20), Pair("b", 10)));

  Set("b", {.weight = 4});
  EXPECT_THAT(CallTimes(30), UnorderedElementsAre(Pair("a", 10), Pair("b", 20)));
  EXPECT_EQ(tables_, 1);
  EXPECT_EQ(StatusOf("b").endpoint.weight, 4u);
  endpoints[1].weight = 9;
  balancer_->Update(endpoints);
  EXPECT_THAT(CallTimes(30), UnorderedElementsAre(Pair("a", 10), Pair("b", 20)));
  Set("b", kClear);

  EXPECT_THAT(CallTimes(11), UnorderedElementsAre(Pair("a", 2), Pair("b", 9)));
}

TEST_F(BalancerOverrideTest, AWeightWaitsForItsEndpoint) {
  StartWeighted(EndpointsNamed({"a"}));
  Set("b", {.weight = 4});
  EXPECT_EQ(tables_, 0);

  balancer_->Update(EndpointsNamed({"a", "b"}));

  EXPECT_EQ(tables_, 1);
  EXPECT_THAT(CallTimes(50), UnorderedElementsAre(Pair("a", 10), Pair("b", 40)));
}

TEST_F(BalancerOverrideTest, OnlyAWeightBuildsTables) {
  StartWeighted(EndpointsNamed({"a", "b"}));

  for (const Override& wish : {kDrain, kDisable, kForce, kClear}) Set("a", wish);

  EXPECT_EQ(tables_, 0);
}

TEST_F(BalancerOverrideTest, AWeightAndAModeEndTogether) {
  StartWeighted(EndpointsNamed({"a", "b"}));
  Set("a", {.mode = Override::Mode::kDrain, .weight = 3, .expires_after = absl::Seconds(1)});
  EXPECT_THAT(CallTimes(10), ElementsAre(Key("b")));

  loop_->Advance(absl::Seconds(1));

  EXPECT_THAT(CallTimes(10), UnorderedElementsAre(Pair("a", 5), Pair("b", 5)));
}

TEST_F(BalancerOverrideTest, BoundedLoadCountsTheWeightByHand) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  StartWeighted(EndpointsNamed({"a", "b"}));
  Set("b", {.weight = 3});
  std::vector<Lease> leases;
  for (int i = 0; i < 8; ++i) leases.push_back(Hold());

  EXPECT_EQ(StatusOf("a").in_flight, 2u);
  EXPECT_EQ(StatusOf("b").in_flight, 6u);
}

TEST_F(BalancerOverrideTest, ExplainNamesIt) {
  StartNamed({"a", "b", "c"});
  Set("a", kDrain);
  Set("b", kDisable);

  std::vector<std::string> lines;
  for (const CandidateVerdict& verdict : balancer_->Explain({})) {
    lines.push_back(absl::StrCat(verdict.endpoint.address, " ",
                                 std::string(CandidateVerdictName(verdict.kind))));
  }

  EXPECT_THAT(lines, UnorderedElementsAre("a draining", "b disabled", "c takes"));
}

TEST_F(BalancerOverrideTest, RefusesWhatIsWrongAndChangesNothing) {
  StartNamed({"a"});
  recorder_->lines.clear();

  EXPECT_EQ(balancer_->SetOverride("a", {.weight = 0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(balancer_->SetOverride("", kDrain).code(), absl::StatusCode::kInvalidArgument);

  EXPECT_THAT(recorder_->lines, IsEmpty());
  EXPECT_EQ(StatusOf("a").by_hand, Override());
}

TEST_F(BalancerOverrideTest, IsRefusedAfterShutdown) {
  StartNamed({"a"});
  balancer_->Shutdown();

  EXPECT_EQ(balancer_->SetOverride("a", kDrain).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace nines
