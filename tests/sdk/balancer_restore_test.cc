// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What one balancer has learned, in the hands of the next.

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/balancer.h"
#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::SizeIs;

const absl::Status kDown = absl::UnavailableError("down");

class BalancerRestoreTest : public BalancerFixture {
 protected:
  BalancerRestoreTest() { config_.outlier_detection.consecutive_failures = 3; }

  // Ends the process, which starts again after `pause` with what it has learned.
  void Restart(absl::Duration pause, const std::vector<std::string>& addresses) {
    const LearnedState learned = *balancer_->Learned();
    balancer_->Shutdown();
    loop_->Advance(pause);
    recorder_->lines.clear();
    StartWith(learned, addresses);
  }
  void StartWith(const LearnedState& learned, const std::vector<std::string>& addresses) {
    Balancer::Options options;
    options.target = "test:///target";
    options.config = config_;
    options.policy = std::make_shared<RotatingPolicy>(policy_);
    options.loop = loop_;
    options.random = &random_;
    options.observer = recorder_;
    options.initial_connectivity = initial_connectivity_;
    options.prober = prober_;
    balancer_ = Balancer::Create(std::move(options));
    balancer_->Restore(learned.endpoints, learned.as_of);
    balancer_->Update(EndpointsNamed(addresses));
    loop_->RunPosted();
  }
  // Ejects "a" by failures of calls to it.
  void EjectA() {
    std::vector<Lease> leases;
    while (leases.size() < 3) {
      Lease lease = Hold();
      if (lease.endpoint().address == "a") leases.push_back(std::move(lease));
    }
    for (Lease& lease : leases) lease.Report(MakeOutcome(kDown));
  }
  const LearnedEndpoint& LearnedOf(const std::string& address) {
    learned_ = *balancer_->Learned();
    for (const LearnedEndpoint& learned : learned_.endpoints) {
      if (learned.address == address) return learned;
    }
    return nobody_;
  }

  Connectivity initial_connectivity_ = Connectivity::kConnected;
  std::shared_ptr<Prober> prober_;
  LearnedState learned_;
  const LearnedEndpoint nobody_;
};

TEST_F(BalancerRestoreTest, KeepsAnEjectionForItsRest) {
  StartNamed({"a", "b", "c"});
  EjectA();

  Restart(absl::Seconds(2), {"a", "b", "c"});

  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("a").reason,
            "restored: 3 consecutive failures, the last: UNAVAILABLE: down; for 5s");
  EXPECT_THAT(CallTimes(30), Not(Contains(::testing::Key("a"))));
  loop_->Advance(absl::Seconds(2.9));
  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
  loop_->Advance(absl::Seconds(0.2));
  EXPECT_EQ(StatusOf("a").state, HealthState::kDegraded);
}

TEST_F(BalancerRestoreTest, SaysOnceThatAReasonIsRestored) {
  StartNamed({"a", "b", "c"});
  EjectA();

  Restart(absl::Seconds(1), {"a", "b", "c"});
  Restart(absl::Seconds(1), {"a", "b", "c"});

  EXPECT_EQ(StatusOf("a").reason,
            "restored: 3 consecutive failures, the last: UNAVAILABLE: down; for 5s");
}

TEST_F(BalancerRestoreTest, PutsOnTrialWhoseTimeIsOver) {
  StartNamed({"a", "b", "c"});
  EjectA();

  Restart(absl::Seconds(6), {"a", "b", "c"});

  EXPECT_EQ(StatusOf("a").state, HealthState::kDegraded);
  CallTimes(30);
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerRestoreTest, MakesTheNextEjectionAsLongAsIfItHadRun) {
  StartNamed({"a", "b", "c"});
  EjectA();
  Restart(absl::Seconds(6), {"a", "b", "c"});

  while (StatusOf("a").state == HealthState::kDegraded) CallOnce(kDown);  // its trial fails

  EXPECT_EQ(LearnedOf("a").ejection_multiplier, 2u);
  EXPECT_EQ(LearnedOf("a").ejected_until, loop_->clock().Now() + absl::Seconds(10));
}

TEST_F(BalancerRestoreTest, ForgetsEjectionsOfWhoHasBehavedSince) {
  LearnedState learned;
  learned.as_of = loop_->clock().Now();
  learned.endpoints.resize(1);
  learned.endpoints[0].address = "a";
  learned.endpoints[0].ejection_multiplier = 4;
  loop_->Advance(absl::Seconds(12));  // two of five seconds each, and a part

  StartWith(learned, {"a", "b"});

  EXPECT_EQ(LearnedOf("a").ejection_multiplier, 2u);
  loop_->Advance(absl::Seconds(4));
  EXPECT_EQ(LearnedOf("a").ejection_multiplier, 1u);
}

TEST_F(BalancerRestoreTest, PutsThoseOfALongOutageOnTrialInSteps) {
  LearnedState learned;
  learned.as_of = loop_->clock().Now();
  for (const Endpoint& endpoint : EndpointsNumbered(20)) {
    LearnedEndpoint ejected;
    ejected.address = endpoint.address;
    ejected.state = HealthState::kEjected;
    ejected.ejected_until = learned.as_of + absl::Seconds(5);
    learned.endpoints.push_back(ejected);
  }
  config_.outlier_detection.max_ejection_percent = 100;
  loop_->Advance(absl::Hours(1));

  StartWith(learned, {"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "x"});

  int on_trial = 0;
  for (const EndpointStatus& status : balancer_->Endpoints()) {
    on_trial += status.state == HealthState::kDegraded ? 1 : 0;
  }
  EXPECT_EQ(on_trial, 4);
}

TEST_F(BalancerRestoreTest, EjectsNoMoreThanTheCapAllows) {
  LearnedState learned;
  learned.as_of = loop_->clock().Now();
  for (const char* address : {"a", "b", "c", "d"}) {
    LearnedEndpoint ejected;
    ejected.address = address;
    ejected.state = HealthState::kEjected;
    ejected.ejected_until = learned.as_of + absl::Seconds(5);
    learned.endpoints.push_back(ejected);
  }

  StartWith(learned, {"a", "b", "c", "d"});

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("c").state, HealthState::kDegraded);  // half of them may be out
  EXPECT_EQ(CallTimes(8).count("c"), 1u);
}

TEST_F(BalancerRestoreTest, EjectsWhoIsNotConnectedToYet) {
  StartNamed({"a", "b", "c"});
  EjectA();
  initial_connectivity_ = Connectivity::kConnecting;

  Restart(absl::Seconds(1), {"a", "b", "c"});
  Connect("a");

  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
}

TEST_F(BalancerRestoreTest, DoesNotBelieveAClockThatSaysForEver) {
  StartNamed({"a", "b", "c"});
  EjectA();
  LearnedState learned = *balancer_->Learned();
  balancer_->Shutdown();

  StartWith(Shifted(learned, absl::Hours(24 * 365)), {"a", "b", "c"});

  EXPECT_EQ(LearnedOf("a").ejected_until, loop_->clock().Now() + absl::Seconds(5));
}

TEST_F(BalancerRestoreTest, KnowsLatenciesAgain) {
  StartNamed({"a", "b"});
  for (int i = 0; i < 10; ++i) CallOnce(absl::OkStatus(), absl::Milliseconds(4));

  Restart(absl::ZeroDuration(), {"a", "b", "c"});

  EXPECT_EQ(StatusOf("a").latency, absl::Milliseconds(4));
  EXPECT_EQ(StatusOf("c").latency, absl::ZeroDuration());
}

TEST_F(BalancerRestoreTest, LetsLatenciesDecayTowardsTheMedianAndForgetsThem) {
  LearnedState learned;
  learned.as_of = loop_->clock().Now();
  for (const char* address : {"a", "b", "c"}) {
    LearnedEndpoint endpoint;
    endpoint.address = address;
    endpoint.latency = absl::Milliseconds(address[0] == 'c' ? 90 : 10);
    learned.endpoints.push_back(endpoint);
  }
  loop_->Advance(absl::Seconds(2.5));  // two intervals, each a quarter of the way

  StartWith(learned, {"a", "b", "c"});

  EXPECT_EQ(StatusOf("a").latency, absl::Milliseconds(10));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(StatusOf("c").latency), 55, 0.1);
  balancer_->Shutdown();
  loop_->Advance(absl::Minutes(11));
  StartWith(learned, {"a", "b", "c"});
  EXPECT_EQ(StatusOf("c").latency, absl::ZeroDuration());
}

TEST_F(BalancerRestoreTest, BelievesProbesOfTheLastMinuteOnlyIfItProbesToo) {
  LearnedState learned;
  learned.as_of = loop_->clock().Now();
  learned.endpoints.resize(1);
  learned.endpoints[0].address = "a";
  learned.endpoints[0].state = HealthState::kEjected;
  learned.endpoints[0].is_probe_failed = true;
  learned.endpoints[0].reason = "3 tcp probes failed";

  StartWith(learned, {"a", "b"});
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);

  balancer_->Shutdown();
  config_.health_check.emplace();
  prober_ = std::make_shared<ManualProber>();
  StartWith(learned, {"a", "b"});
  EXPECT_EQ(StatusOf("a").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("a").reason, "restored: 3 tcp probes failed");
  EXPECT_TRUE(LearnedOf("a").is_probe_failed);

  balancer_->Shutdown();
  loop_->Advance(absl::Seconds(61));
  StartWith(learned, {"a", "b"});
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerRestoreTest, PutsPeoplesWordsFirst) {
  StartNamed({"a", "b", "c"});
  EjectA();
  const LearnedState learned = *balancer_->Learned();
  balancer_->Shutdown();
  Balancer::Options options;
  options.config = config_;
  options.policy = std::make_shared<RotatingPolicy>(policy_);
  options.loop = loop_;
  balancer_ = Balancer::Create(std::move(options));
  ASSERT_TRUE(balancer_->SetOverride("a", {.mode = Override::Mode::kForceHealthy}).ok());
  balancer_->Restore(learned.endpoints, learned.as_of);
  balancer_->Update(EndpointsNamed({"a", "b", "c"}));

  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerRestoreTest, SaysWhatHealthHasBeneathAnOverride) {
  StartNamed({"a", "b", "c"});
  EjectA();
  ASSERT_TRUE(balancer_
                  ->SetOverride("a", {.mode = Override::Mode::kDrain,
                                      .expires_after = absl::Minutes(1),
                                      .note = "ticket"})
                  .ok());

  EXPECT_EQ(LearnedOf("a").state, HealthState::kEjected);
  EXPECT_EQ(LearnedOf("a").reason, "3 consecutive failures, the last: UNAVAILABLE: down; for 5s");
  ASSERT_THAT(learned_.overrides, SizeIs(1));
  EXPECT_EQ(learned_.overrides[0].address, "a");
  EXPECT_EQ(learned_.overrides[0].wish.mode, Override::Mode::kDrain);
  EXPECT_EQ(learned_.overrides[0].wish.note, "ticket");
  EXPECT_EQ(learned_.overrides[0].until, loop_->clock().Now() + absl::Minutes(1));
}

TEST_F(BalancerRestoreTest, ChangesNothingForWhoIsNotInTheFirstList) {
  StartNamed({"a", "b", "c"});
  EjectA();

  Restart(absl::Seconds(1), {"b", "c"});
  balancer_->Update(EndpointsNamed({"a", "b", "c"}));

  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerRestoreTest, HasLearnedNothingAfterShutdown) {
  StartNamed({"a"});
  balancer_->Shutdown();

  EXPECT_TRUE(absl::IsFailedPrecondition(balancer_->Learned().status()));
}

}  // namespace
}  // namespace nines
