// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/health_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An engine over endpoints "e0", "e1", …, with the defaults of the config unless changed.
class HealthEngineTest : public ::testing::Test {
 protected:
  void Start(int endpoints) {
    BalancerConfig config;
    config.outlier_detection = config_;
    config.panic = panic_;
    engine_.Configure(config, now_);
    table_.Merge(EndpointsNumbered(endpoints), MakeDeafState);
    for (const auto& record : table_.records()) engine_.OnAdded(*record, now_);
    engine_.UpdatePanic(now_);
  }

  EndpointRecord& Record(int i) { return *table_.records()[i]; }
  HealthState StateOf(int i) { return HealthStateOf(*Record(i).state); }

  void Fail(int i) {
    engine_.OnFailureThreshold(Record(i), MakeOutcome(absl::UnavailableError("boom")), now_);
    engine_.UpdatePanic(now_);
  }
  void EndTrial(int i, const absl::Status& status) {
    engine_.OnTrialEnd(Record(i), MakeOutcome(status), now_);
    engine_.UpdatePanic(now_);
  }
  void Wait(absl::Duration duration) {
    now_ += duration;
    engine_.Tick(now_);
    engine_.UpdatePanic(now_);
  }

  OutlierDetectionConfig config_;
  PanicConfig panic_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  EventRecorder recorder_;
  EndpointTable table_;
  FixedRandom random_;
  HealthEngine engine_{table_, random_, [this](Event event) { recorder_.OnEvent(event); }};
};

TEST(EjectionDurationTest, GrowsWithTheMultiplierUpToTheMaximum) {
  OutlierDetectionConfig config;
  config.base_ejection_time = absl::Seconds(5);
  config.max_ejection_time = absl::Seconds(12);

  EXPECT_EQ(EjectionDuration(config, 1), absl::Seconds(5));
  EXPECT_EQ(EjectionDuration(config, 2), absl::Seconds(10));
  EXPECT_EQ(EjectionDuration(config, 3), absl::Seconds(12));
}

TEST(EjectionDurationTest, IsNeverBelowTheBase) {
  OutlierDetectionConfig config;
  config.base_ejection_time = absl::Seconds(30);
  config.max_ejection_time = absl::Seconds(1);

  EXPECT_EQ(EjectionDuration(config, 1), absl::Seconds(30));
}

TEST_F(HealthEngineTest, EjectsWithTheReason) {
  Start(3);

  Fail(1);

  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_THAT(recorder_.lines, ElementsAre("e1 healthy->ejected"));
  EXPECT_THAT(Record(1).reason.ToString(),
              HasSubstr("5 consecutive failures, the last: UNAVAILABLE: boom"));
}

TEST_F(HealthEngineTest, PutsAnEndpointOnTrialWhenItsTimeIsOver) {
  Start(3);
  Fail(1);

  Wait(absl::Seconds(4.9));
  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_EQ(engine_.NextTick(), now_ + absl::Seconds(0.1));
  Wait(absl::Seconds(0.1));

  EXPECT_EQ(StateOf(1), HealthState::kDegraded);
}

TEST_F(HealthEngineTest, TicksOnceAnIntervalAtRestAndFourTimesWhileCallsAreAnswered) {
  Start(3);
  Wait(absl::ZeroDuration());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(engine_.NextTick(), now_ + absl::Seconds(1));
    Wait(absl::Seconds(1));
  }

  Record(0).state->Report({Record(0).state->TryLease(0)}, MakeOutcome(absl::OkStatus()));
  Wait(absl::Seconds(1));

  EXPECT_EQ(engine_.NextTick(), now_ + absl::Milliseconds(250));
}

TEST_F(HealthEngineTest, ReturnsAnEndpointWhoseTrialSucceeds) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));

  EndTrial(1, absl::OkStatus());

  EXPECT_EQ(StateOf(1), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, EjectsForLongerWhenTheTrialFails) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));

  EndTrial(1, absl::UnavailableError("still down"));

  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_EQ(Record(1).ejected_until, now_ + absl::Seconds(10));
}

// docs/decisions/return-by-trial.md.
TEST_F(HealthEngineTest, ManyWhoseEjectionsEndTogetherReturnInGrowingSteps) {
  config_.base_ejection_time = absl::Seconds(60);
  config_.max_ejection_percent = 100;
  Start(20);
  for (int i = 0; i < 10; ++i) {
    Fail(i);
    Wait(absl::Seconds(2));  // apart, or it would seem to be our own side
  }
  const auto on_trial = [&] {
    int count = 0;
    for (int i = 0; i < 10; ++i) count += StateOf(i) == HealthState::kDegraded ? 1 : 0;
    return count;
  };
  now_ += absl::Seconds(60);  // in which nobody looked

  Wait(absl::ZeroDuration());
  EXPECT_EQ(on_trial(), 4);
  EXPECT_EQ(engine_.NextTick(), now_ + absl::Milliseconds(100));
  Wait(absl::Milliseconds(100));
  EXPECT_EQ(on_trial(), 10) << "eight more might";
}

TEST_F(HealthEngineTest, LearnsNothingFromATrialThatTheCallerCancelled) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));
  Record(1).state->SetFlags(EndpointState::kTrialBusy);

  EndTrial(1, absl::CancelledError());

  EXPECT_EQ(StateOf(1), HealthState::kDegraded);
  EXPECT_EQ(Record(1).state->flags() & EndpointState::kTrialBusy, 0u);
}

TEST_F(HealthEngineTest, GivesAnEndlessTrialToAnotherCall) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));
  Record(1).state->SetFlags(EndpointState::kTrialBusy);

  Wait(absl::Seconds(1));
  EXPECT_NE(Record(1).state->flags() & EndpointState::kTrialBusy, 0u);
  Wait(config_.base_ejection_time);

  EXPECT_EQ(Record(1).state->flags() & EndpointState::kTrialBusy, 0u);
}

TEST_F(HealthEngineTest, DecaysTheMultiplierWhileAllIsWell) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));
  EndTrial(1, absl::UnavailableError("still down"));
  Wait(absl::Seconds(10));
  EndTrial(1, absl::OkStatus());
  ASSERT_EQ(Record(1).ejection_multiplier, 2u);

  Wait(config_.base_ejection_time);
  Wait(config_.base_ejection_time);

  EXPECT_EQ(Record(1).ejection_multiplier, 0u);
}

TEST_F(HealthEngineTest, DoesNotDecayTheMultiplierWhileOnTrial) {
  Start(3);
  Fail(1);
  Wait(absl::Seconds(5));
  EndTrial(1, absl::OkStatus());  // the multiplier would decay in five seconds
  Wait(absl::Seconds(4));
  Fail(1);
  Wait(absl::Seconds(10));
  ASSERT_EQ(StateOf(1), HealthState::kDegraded);

  Wait(absl::Seconds(30));

  EXPECT_EQ(Record(1).ejection_multiplier, 2u);
}

// Envoy's default cap of 10 % never ejects anybody in a cluster below ten.
TEST_F(HealthEngineTest, MayAlwaysEjectOne) {
  config_.max_ejection_percent = 1;
  Start(2);

  Fail(0);

  EXPECT_EQ(StateOf(0), HealthState::kEjected);
}

TEST_F(HealthEngineTest, HoldsTheCapAfterTheEjection) {
  Start(5);  // 50 %: two

  Fail(0);
  Fail(1);
  Fail(2);

  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_EQ(StateOf(2), HealthState::kHealthy);
  EXPECT_EQ(recorder_.lines.back(), "e2 ejection_spared");
  EXPECT_THAT(recorder_.events.back().reason, HasSubstr("2 of 5 endpoints are ejected already"));
}

TEST_F(HealthEngineTest, CountsAnEndpointOnTrialTowardsTheCap) {
  Start(5);
  Fail(0);
  Fail(1);
  Wait(absl::Seconds(5));

  Fail(2);

  EXPECT_EQ(StateOf(2), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, SaysOnceThatAnEndpointIsSpared) {
  Start(2);
  Fail(0);

  Fail(1);
  Fail(1);

  EXPECT_THAT(recorder_.lines, ElementsAre("e0 healthy->ejected", "e1 ejection_spared"));
}

TEST_F(HealthEngineTest, NeverEjectsTheLastHealthyEndpoint) {
  config_.max_ejection_percent = 100;
  Start(2);
  Fail(0);

  Fail(1);

  EXPECT_EQ(StateOf(1), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, NeverEjectsAnEndpointWhoseOthersAreDisconnected) {
  Start(2);
  engine_.OnConnectivity(Record(0), Connectivity::kFailed, absl::UnavailableError("refused"), now_);

  Fail(1);

  EXPECT_EQ(StateOf(1), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, CountsAFailedConnectionUntilItIsUpAgain) {
  Start(1);
  engine_.OnConnectivity(Record(0), Connectivity::kFailed, absl::UnavailableError("refused"), now_);
  engine_.OnConnectivity(Record(0), Connectivity::kConnecting, absl::OkStatus(), now_);

  EXPECT_EQ(StateOf(0), HealthState::kConnecting);
  EXPECT_THAT(Record(0).reason.ToString(), HasSubstr("refused"));

  engine_.OnConnectivity(Record(0), Connectivity::kConnected, absl::OkStatus(), now_);

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, TriesAnEjectedEndpointOnceItHasANewConnection) {
  Start(3);
  Fail(1);
  engine_.OnConnectivity(Record(1), Connectivity::kFailed, absl::UnavailableError("gone"), now_);

  engine_.OnConnectivity(Record(1), Connectivity::kConnected, absl::OkStatus(), now_);

  EXPECT_EQ(StateOf(1), HealthState::kDegraded);
}

TEST_F(HealthEngineTest, ProbesMoveAnEndpointByTheirThresholds) {
  Start(3);
  const HealthCheckConfig check;  // 3 down, 2 up
  const absl::Status refused = absl::UnavailableError("refused");

  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);
  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);
  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);
  EXPECT_EQ(StateOf(0), HealthState::kEjected);
  EXPECT_THAT(Record(0).reason.ToString(),
              HasSubstr("3 tcp probes failed, the last: UNAVAILABLE: refused"));

  engine_.OnProbe(Record(0), check, {"tcp", absl::OkStatus(), now_}, now_);
  EXPECT_EQ(StateOf(0), HealthState::kEjected);
  engine_.OnProbe(Record(0), check, {"tcp", absl::OkStatus(), now_}, now_);
  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, OneFailedProbeTakesOutALameEndpoint) {
  Start(2);
  EndpointList endpoints = EndpointsNumbered(2);
  endpoints[0].is_lame = true;
  table_.Merge(endpoints, MakeDeafState);
  engine_.UpdateLame(now_);

  engine_.OnProbe(Record(0), HealthCheckConfig(), {"tcp", absl::UnavailableError("refused"), now_},
                  now_);

  EXPECT_EQ(StateOf(0), HealthState::kEjected);
}

TEST_F(HealthEngineTest, ASuccessfulProbeBreaksTheRunOfFailures) {
  Start(3);
  const HealthCheckConfig check;
  const absl::Status refused = absl::UnavailableError("refused");

  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);
  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);
  engine_.OnProbe(Record(0), check, {"tcp", absl::OkStatus(), now_}, now_);
  engine_.OnProbe(Record(0), check, {"tcp", refused, now_}, now_);

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, DoesNotBlameAnEndpointForWhatThisProcessLacks) {
  Start(3);
  const HealthCheckConfig check;

  for (int i = 0; i < 10; ++i) {
    engine_.OnProbe(Record(0), check, {"tcp", absl::ResourceExhaustedError("no descriptor"), now_},
                    now_);
  }

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, SaysOnceThatAnEndpointCannotBeAsked) {
  Start(3);
  const HealthCheckConfig check;

  for (int i = 0; i < 10; ++i) {
    engine_.OnProbe(Record(0), check, {"grpc", absl::UnimplementedError("no such service"), now_},
                    now_);
  }

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
  EXPECT_THAT(recorder_.lines, ElementsAre("e0 probe_unsupported"));
  EXPECT_EQ(recorder_.events[0].reason,
            "grpc health checks tell nothing: UNIMPLEMENTED: no such service");
}

TEST_F(HealthEngineTest, AnEndpointThatCanNoLongerBeAskedIsNotIll) {
  Start(3);
  HealthCheckConfig check;
  check.unhealthy_threshold = 1;
  engine_.OnProbe(Record(0), check, {"grpc", absl::UnavailableError("NOT_SERVING"), now_}, now_);
  ASSERT_EQ(StateOf(0), HealthState::kEjected);

  engine_.OnProbe(Record(0), check, {"grpc", absl::UnimplementedError("no such service"), now_},
                  now_);

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
  EXPECT_EQ(Record(0).reason.ToString(), "grpc health checks are not offered by it");
}

TEST_F(HealthEngineTest, ForgetsProbeVerdictsWhenCheckingEnds) {
  Start(3);
  HealthCheckConfig check;
  check.unhealthy_threshold = 1;
  engine_.OnProbe(Record(0), check, {"tcp", absl::UnavailableError("refused"), now_}, now_);

  engine_.ForgetProbes(now_);

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
}

TEST_F(HealthEngineTest, IgnoresHealthBelowThePanicThreshold) {
  HealthCheckConfig check;
  check.unhealthy_threshold = 1;
  Start(4);
  for (int i = 0; i < 3; ++i) {
    engine_.OnProbe(Record(i), check, {"tcp", absl::UnavailableError("refused"), now_}, now_);
  }
  engine_.UpdatePanic(now_);

  EXPECT_EQ(engine_.pick_mask(), EndpointState::kHardFlags);
  EXPECT_EQ(recorder_.lines.back(), "panic_entered");
  EXPECT_THAT(recorder_.events.back().reason, HasSubstr("1 of 4 endpoints are healthy"));
}

TEST_F(HealthEngineTest, LeavesPanicAtTheThreshold) {
  HealthCheckConfig check;
  check.unhealthy_threshold = 1;
  check.healthy_threshold = 1;
  Start(4);
  for (int i = 0; i < 3; ++i) {
    engine_.OnProbe(Record(i), check, {"tcp", absl::UnavailableError("refused"), now_}, now_);
  }
  engine_.UpdatePanic(now_);

  engine_.OnProbe(Record(0), check, {"tcp", absl::OkStatus(), now_}, now_);
  engine_.UpdatePanic(now_);

  EXPECT_EQ(recorder_.lines.back(), "panic_left");
  EXPECT_NE(engine_.pick_mask(), EndpointState::kHardFlags);
}

TEST_F(HealthEngineTest, BlocksEveryEndpointInPanicModeFail) {
  HealthCheckConfig check;
  check.unhealthy_threshold = 1;
  panic_.mode = PanicConfig::Mode::kFail;
  Start(3);
  for (int i = 0; i < 2; ++i) {
    engine_.OnProbe(Record(i), check, {"tcp", absl::UnavailableError("refused"), now_}, now_);
  }
  engine_.UpdatePanic(now_);

  EXPECT_NE(Record(2).state->flags() & engine_.pick_mask(), 0u);
  EXPECT_FALSE(engine_.may_override_health());
}

TEST_F(HealthEngineTest, ForgetsTheCountsOfRemovedEndpoints) {
  Start(2);
  Fail(0);
  const auto changes = table_.Merge(EndpointsNamed({"e1", "new"}), MakeDeafState);
  for (const auto& record : changes.removed) engine_.OnRemoved(*record);
  engine_.OnAdded(*table_.Find("new"), now_);

  EXPECT_EQ(engine_.counts().healthy(), 2u);
  engine_.OnFailureThreshold(*table_.Find("e1"), MakeOutcome(absl::UnavailableError("boom")), now_);
  EXPECT_EQ(HealthStateOf(*table_.Find("e1")->state), HealthState::kEjected);
}

// Whatever happens in whatever order: the cap holds, the last healthy one stays, and everybody
// returns once all is well.
TEST_F(HealthEngineTest, KeepsItsGuardsUnderRandomInputs) {
  FixedRandom random(7);
  Start(7);
  for (int step = 0; step < 20'000; ++step) {
    const int i = static_cast<int>(random.Next() % 7);
    const auto what = random.Next() % 8;
    if (what < 3) Fail(i);
    if (what == 3) EndTrial(i, absl::OkStatus());
    if (what == 4) EndTrial(i, absl::UnavailableError("no"));
    if (what == 5) Wait(absl::Milliseconds(random.Next() % 3000));
    if (what == 6) {
      engine_.OnConnectivity(Record(i), Connectivity::kFailed, absl::UnavailableError("x"), now_);
    }
    if (what == 7) {
      engine_.OnConnectivity(Record(i), Connectivity::kConnected, absl::OkStatus(), now_);
    }
    int out = 0;
    for (int j = 0; j < 7; ++j) {
      const uint32_t flags = Record(j).state->flags();
      if ((flags & (EndpointState::kEjected | EndpointState::kTrial)) != 0) ++out;
    }
    ASSERT_LE(out, 3) << "50 % of 7, at step " << step;
  }

  for (int i = 0; i < 7; ++i) {
    engine_.OnConnectivity(Record(i), Connectivity::kConnected, absl::OkStatus(), now_);
  }
  Wait(config_.max_ejection_time);
  for (int i = 0; i < 7; ++i) EndTrial(i, absl::OkStatus());

  EXPECT_EQ(engine_.counts().healthy(), 7u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(StateOf(i), HealthState::kHealthy);
}

// What ended on each endpoint since the last interval: calls, and how many of them failed.
void Report(EndpointRecord& record, int calls, int failures) {
  for (int i = 0; i < calls; ++i) {
    const absl::Status status = i < failures ? absl::UnavailableError("boom") : absl::OkStatus();
    record.state->Report({record.state->TryLease(0), record.state->generation()},
                         MakeOutcome(status));
  }
}

TEST_F(HealthEngineTest, EjectsAtTheEndOfAnIntervalWhoIsWorseThanItsPeers) {
  Start(3);
  Report(Record(0), 20, 0);
  Report(Record(1), 20, 16);
  Report(Record(2), 20, 0);

  Wait(absl::Seconds(0.9));
  EXPECT_EQ(StateOf(1), HealthState::kHealthy);
  EXPECT_EQ(engine_.NextTick(), now_ + absl::Seconds(0.1));
  Wait(absl::Seconds(0.1));

  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_THAT(Record(1).reason.ToString(), HasSubstr("16 of 20 calls failed"));
}

TEST_F(HealthEngineTest, SaysWhatItWouldEjectWithoutEnforcement) {
  config_.success_rate.enforcement_percentage = 0;
  config_.failure_percentage.enforcement_percentage = 0;
  config_.sequential.enforcement_percentage = 0;
  Start(3);
  Report(Record(0), 20, 0);
  Report(Record(1), 20, 16);
  Report(Record(2), 20, 0);

  Wait(absl::Seconds(1));

  EXPECT_EQ(StateOf(1), HealthState::kHealthy);
  EXPECT_THAT(recorder_.lines, ElementsAre("e1 ejection_not_enforced"));
}

TEST_F(HealthEngineTest, PeersAreEjectedTheWorstFirstAndUpToTheCap) {
  Start(5);
  Report(Record(0), 50, 40);
  Report(Record(1), 50, 50);
  Report(Record(2), 50, 45);
  Report(Record(3), 50, 0);
  Report(Record(4), 50, 0);

  Wait(absl::Seconds(1));

  EXPECT_EQ(StateOf(1), HealthState::kEjected);
  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
  EXPECT_EQ(StateOf(3), HealthState::kHealthy);
}

}  // namespace
}  // namespace nines
