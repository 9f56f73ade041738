// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the balancer makes of how attempts end, through its public door.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

constexpr absl::Duration kUsual = absl::Milliseconds(20);

class BalancerOutcomesTest : public BalancerFixture {
 protected:
  // Calls of which those that reach `address` end with `status` after `latency`, and the others
  // well and as usual.
  void CallAll(int calls, const std::string& address, const Outcome& outcome) {
    for (int i = 0; i < calls; ++i) {
      Lease lease = Hold();
      lease.Report(lease.endpoint().address == address ? outcome
                                                       : MakeOutcome(absl::OkStatus(), kUsual));
    }
  }
  // What answers typically take is known after an interval.
  void LearnUsualLatency() {
    CallAll(30, "", {});
    loop_->Advance(config_.outlier_detection.interval);
  }
  static Outcome TimedOut(absl::Duration allowed) {
    Outcome outcome = MakeOutcome(absl::DeadlineExceededError("too late"), allowed);
    outcome.time_allowed = allowed;
    return outcome;
  }
};

TEST_F(BalancerOutcomesTest, ClassesFollowTheConfigAtOnce) {
  StartNamed({"a", "b", "c"});
  CallAll(60, "b", MakeOutcome(absl::AbortedError("conflict")));
  EXPECT_EQ(StatusOf("b").failures, 0u);

  config_.status_classes.Set(absl::StatusCode::kAborted, OutcomeClass::kServerFault);
  balancer_->Reconfigure(config_, std::make_shared<RotatingPolicy>(policy_), nullptr);
  CallAll(60, "b", MakeOutcome(absl::AbortedError("conflict")));

  EXPECT_EQ(StatusOf("b").failures, 5u);
  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
}

TEST_F(BalancerOutcomesTest, ClassThatTheReporterKnowsBeatsTheConfig) {
  StartNamed({"a", "b", "c"});
  Outcome outcome = MakeOutcome(absl::UnavailableError("try later"));
  outcome.outcome_class = OutcomeClass::kOverload;

  CallAll(60, "b", outcome);

  EXPECT_EQ(StatusOf("b").failures, 0u);
  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
}

TEST_F(BalancerOutcomesTest, OverloadedEndpointKeepsAPartOfItsCallsAndIsNotEjected) {
  policy_.seed_source = Policy::SeedSource::kRandom;
  StartNamed({"a", "b", "c"});
  for (int interval = 0; interval < 5; ++interval) {
    CallAll(900, "b", MakeOutcome(absl::ResourceExhaustedError("full")));
    loop_->Advance(config_.outlier_detection.interval);
  }

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
  EXPECT_EQ(StatusOf("b").failures, 0u);
  EXPECT_NEAR(StatusOf("b").share_ratio, 0.1, 1e-6);
  const std::map<std::string, int> calls = CallTimes(3000);
  EXPECT_GT(calls.at("b"), 50);
  EXPECT_LT(calls.at("b"), 150);
}

TEST_F(BalancerOutcomesTest, CallersInAHurryEjectNobody) {
  StartNamed({"a", "b", "c"});
  LearnUsualLatency();

  CallAll(300, "b", TimedOut(absl::Milliseconds(1)));

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
  EXPECT_EQ(StatusOf("b").failures, 0u);
}

TEST_F(BalancerOutcomesTest, CallersInAHurryMakeNobodyLookFaster) {
  StartNamed({"a", "b", "c"});
  LearnUsualLatency();

  CallAll(300, "b", TimedOut(absl::Milliseconds(1)));

  EXPECT_EQ(StatusOf("b").latency, kUsual);
}

TEST_F(BalancerOutcomesTest, HungEndpointIsFoundByUsualDeadlines) {
  StartNamed({"a", "b", "c"});
  LearnUsualLatency();

  CallAll(60, "b", TimedOut(absl::Milliseconds(100)));

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("b").failures, 5u);
}

// Its timeouts must not become what is usual.
TEST_F(BalancerOutcomesTest, HungEndpointDoesNotExcuseItself) {
  config_.outlier_detection.consecutive_failures = 0;
  config_.outlier_detection.sequential.enforcement_percentage = 0;
  StartNamed({"a", "b"});
  LearnUsualLatency();

  for (int interval = 0; interval < 10; ++interval) {
    CallAll(4, "b", TimedOut(absl::Milliseconds(100)));
    loop_->Advance(config_.outlier_detection.interval);
  }

  EXPECT_EQ(StatusOf("b").failures, 20u);
}

TEST_F(BalancerOutcomesTest, WhereATenthFailsEverywhereItTakesALongerRun) {
  StartNamed({"a", "b", "c"});
  for (int i = 0; i < 300; ++i) {
    CallOnce(i / 3 % 10 == 0 ? absl::UnavailableError("boom") : absl::OkStatus(), kUsual);
  }
  loop_->Advance(config_.outlier_detection.interval);

  CallAll(15, "b", MakeOutcome(absl::UnavailableError("boom"), kUsual));  // 5 of them
  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
  CallAll(15, "b", MakeOutcome(absl::UnavailableError("boom"), kUsual));

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
  EXPECT_THAT(StatusOf("b").reason, ::testing::HasSubstr("10 consecutive failures"));
}

}  // namespace
}  // namespace nines
