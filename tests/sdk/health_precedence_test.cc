// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Who wins when probes and calls say different things of an endpoint; docs/health.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/health_engine.h"
#include "nines/balancer.h"
#include "support/endpoint_states.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

const absl::Status kBoom = absl::UnavailableError("boom");

// Three endpoints, the first of which is looked at. Three failed probes eject, two good ones
// readmit; an ejection's base time is five seconds.
class HealthPrecedenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_.Configure(BalancerConfig(), now_);
    table_.Merge(EndpointsNumbered(3), MakeDeafState);
    for (const auto& record : table_.records()) engine_.OnAdded(*record, now_);
  }

  EndpointRecord& first() { return *table_.records()[0]; }
  HealthState state() { return HealthStateOf(*first().state); }

  // A probe that began so long ago ends.
  void Probe(const absl::Status& status, absl::Duration ago = absl::ZeroDuration()) {
    engine_.OnProbe(first(), HealthCheckConfig(), {"tcp", status, now_ - ago}, now_);
  }
  void ProbeTimes(int times, const absl::Status& status) {
    for (int i = 0; i < times; ++i) Probe(status);
  }
  // A call fails, which only its counter tells.
  void FailCall() {
    EndpointState& state = *first().state;
    const uint32_t generation = state.generation();
    state.Report({state.TryLease(0), generation}, MakeOutcome(kBoom));
  }
  void Eject() { engine_.OnFailureThreshold(first(), MakeOutcome(kBoom), now_); }
  void EndTrial(const absl::Status& status) {
    engine_.OnTrialEnd(first(), MakeOutcome(status), now_);
  }
  void Advance(absl::Duration duration) {
    now_ += duration;
    engine_.Tick(now_);
  }
  // Out for ten seconds from now on.
  void EjectTwice() {
    Eject();
    Advance(absl::Seconds(5));
    EndTrial(kBoom);
    ASSERT_EQ(first().ejected_until, now_ + absl::Seconds(10));
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  EventRecorder recorder_;
  EndpointTable table_;
  FixedRandom random_;
  HealthEngine engine_{table_, random_, [this](Event event) { recorder_.OnEvent(event); }};
};

TEST_F(HealthPrecedenceTest, AGoodProbeFromBeforeTheLastFailureReadmitsNobody) {
  ProbeTimes(3, kBoom);
  Advance(absl::Seconds(1));
  FailCall();

  Probe(absl::OkStatus(), absl::Milliseconds(10));
  Probe(absl::OkStatus(), absl::Milliseconds(10));
  EXPECT_EQ(state(), HealthState::kEjected);
  Advance(absl::Milliseconds(20));
  Probe(absl::OkStatus(), absl::Milliseconds(10));
  Probe(absl::OkStatus(), absl::Milliseconds(10));

  EXPECT_EQ(state(), HealthState::kHealthy);
}

TEST_F(HealthPrecedenceTest, NorDoesItEndARunOfFailedProbes) {
  ProbeTimes(2, kBoom);
  FailCall();

  Probe(absl::OkStatus(), absl::Milliseconds(10));
  Probe(kBoom);

  EXPECT_EQ(state(), HealthState::kEjected);
}

TEST_F(HealthPrecedenceTest, ATickSaysThatCallsHadFailedByThen) {
  ProbeTimes(3, kBoom);
  FailCall();
  Advance(absl::Seconds(1));
  now_ += absl::Seconds(1);

  Probe(absl::OkStatus(), absl::Milliseconds(999));
  Probe(absl::OkStatus(), absl::Milliseconds(999));

  EXPECT_EQ(state(), HealthState::kHealthy);
}

TEST_F(HealthPrecedenceTest, GoodProbesEndALongEjectionAfterItsBaseTime) {
  EjectTwice();
  Advance(absl::Seconds(4.9));
  ProbeTimes(2, absl::OkStatus());
  EXPECT_EQ(state(), HealthState::kEjected);

  Advance(absl::Seconds(0.1));
  Probe(absl::OkStatus());

  EXPECT_EQ(state(), HealthState::kDegraded);
  EXPECT_EQ(first().reason.ToString(), "3 tcp probes succeeded, on trial before its time");
}

TEST_F(HealthPrecedenceTest, OneGoodProbeIsNotEnoughAndABadOneBeginsAnew) {
  EjectTwice();
  Advance(absl::Seconds(5));

  Probe(absl::OkStatus());
  Probe(kBoom);
  Probe(absl::OkStatus());
  EXPECT_EQ(state(), HealthState::kEjected);
  Probe(absl::OkStatus());

  EXPECT_EQ(state(), HealthState::kDegraded);
}

TEST_F(HealthPrecedenceTest, ProbesFromBeforeTheEjectionDoNotEndIt) {
  ProbeTimes(5, absl::OkStatus());
  EjectTwice();
  Advance(absl::Seconds(6));

  Probe(absl::OkStatus(), absl::Seconds(6));
  Probe(absl::OkStatus());
  EXPECT_EQ(state(), HealthState::kEjected) << "one of them began in time";
  Probe(absl::OkStatus());

  EXPECT_EQ(state(), HealthState::kDegraded);
}

TEST_F(HealthPrecedenceTest, ProbesThatWereWrongAreNotBelievedUntilATrialSucceeds) {
  EjectTwice();
  Advance(absl::Seconds(5));
  ProbeTimes(2, absl::OkStatus());
  EndTrial(kBoom);  // out for 15 seconds

  Advance(absl::Seconds(14));
  ProbeTimes(5, absl::OkStatus());
  EXPECT_EQ(state(), HealthState::kEjected);
  Advance(absl::Seconds(1));
  EndTrial(absl::OkStatus());
  Eject();
  Advance(absl::Seconds(5));
  ProbeTimes(2, absl::OkStatus());

  EXPECT_EQ(state(), HealthState::kDegraded);
}

TEST_F(HealthPrecedenceTest, AFailedTrialThatTimeBroughtSaysNothingOfProbes) {
  EjectTwice();
  Advance(absl::Seconds(10));
  EndTrial(kBoom);  // out for 15 seconds

  Advance(absl::Seconds(5));
  ProbeTimes(2, absl::OkStatus());

  EXPECT_EQ(state(), HealthState::kDegraded);
}

TEST_F(HealthPrecedenceTest, GoodProbesReadmitNobodyWithoutATrial) {
  Eject();

  for (int i = 0; i < 100; ++i) {
    now_ += absl::Milliseconds(100);
    Probe(absl::OkStatus());
  }

  EXPECT_EQ(state(), HealthState::kDegraded);
}

// It ended before, and the news of it comes after.
TEST_F(HealthPrecedenceTest, NewsOfATrialDoNotCountOnceAPersonTookTheEndpointOut) {
  Eject();
  Advance(absl::Seconds(5));
  ASSERT_TRUE(engine_.SetOverride("e0", {.mode = Override::Mode::kDrain}, now_).ok());

  EndTrial(absl::OkStatus());
  ASSERT_TRUE(engine_.SetOverride("e0", {}, now_).ok());

  EXPECT_EQ(state(), HealthState::kDegraded);
}

// Through the balancer, by its own heartbeat.
TEST(BalancerPrecedenceTest, ACallThatFailsDuringAProbeMakesItWorthless) {
  const auto loop = std::make_shared<ManualEventLoop>();
  const auto prober = std::make_shared<ManualProber>();
  FixedRandom random;
  Balancer::Options options;
  options.policy = std::make_shared<InOrderPolicy>();
  options.loop = loop;
  options.random = &random;
  options.prober = prober;
  options.config.health_check.emplace();
  options.config.health_check->unhealthy_threshold = 1;
  options.config.health_check->healthy_threshold = 1;
  const auto balancer = Balancer::Create(std::move(options));
  balancer->Update(EndpointsNamed({"a"}));
  const auto end_next_probe = [&](const absl::Status& status, bool has_failing_call) {
    const size_t before = prober->probes.size();
    while (prober->probes.size() == before) loop->Advance(absl::Milliseconds(100));
    loop->Advance(absl::Milliseconds(50));
    if (has_failing_call) {
      CallMemory memory;
      PickResult result = balancer->Pick({}, memory);  // in panic
      std::get<Picked>(result).lease.Report(MakeOutcome(kBoom));
    }
    loop->Advance(absl::Milliseconds(50));
    prober->Finish(status);
    return balancer->Endpoints()[0].state;
  };

  EXPECT_EQ(end_next_probe(kBoom, false), HealthState::kEjected);
  EXPECT_EQ(end_next_probe(absl::OkStatus(), true), HealthState::kEjected);
  EXPECT_EQ(end_next_probe(absl::OkStatus(), false), HealthState::kHealthy);
}

TEST_F(HealthPrecedenceTest, AConnectionThatReturnsShowsWhyItsEndpointIsEjected) {
  Eject();
  const std::string why = first().reason.ToString();

  engine_.OnConnectivity(first(), Connectivity::kConnecting, absl::OkStatus(), now_);
  EXPECT_THAT(first().reason.ToString(), HasSubstr("connection closed"));
  engine_.OnConnectivity(first(), Connectivity::kConnected, absl::OkStatus(), now_);

  EXPECT_EQ(state(), HealthState::kEjected);
  EXPECT_EQ(first().reason.ToString(), why);
}

TEST_F(HealthPrecedenceTest, ProbesThatSucceedUnseenLeaveNoReasonBehind) {
  engine_.OnConnectivity(first(), Connectivity::kConnecting, absl::OkStatus(), now_);
  ProbeTimes(3, kBoom);
  ProbeTimes(2, absl::OkStatus());

  engine_.OnConnectivity(first(), Connectivity::kConnected, absl::OkStatus(), now_);

  EXPECT_EQ(state(), HealthState::kHealthy);
  EXPECT_EQ(first().reason.ToString(), "connected");
}

}  // namespace
}  // namespace nines
