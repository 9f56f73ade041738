// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a balancer makes of probes, and probes of its calls.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/balancer.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A balancer over one endpoint, "a", that is probed at every turn of an interval.
class BalancerProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Balancer::Options options;
    options.target = "test:///target";
    options.config.health_check = health_check_;
    options.config.health_check->jitter_percent = 0;
    options.policy = std::make_shared<InOrderPolicy>();
    options.loop = loop_;
    options.random = &random_;
    options.observer = recorder_;
    options.prober = prober_;
    options.on_pickable = [this] {
      if (shuts_down_when_pickable_) balancer_->Shutdown();
    };
    options.on_reachable = [this](const std::string& address) { reachable_.push_back(address); };
    balancer_ = Balancer::Create(std::move(options));
    balancer_->Update(EndpointsNamed({"a"}));
  }

  void TearDown() override { balancer_->Shutdown(); }

  void Call(const absl::Status& status) {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    ASSERT_TRUE(std::holds_alternative<Picked>(result));
    std::get<Picked>(result).lease.Report(MakeOutcome(status));
  }

  // Lets so many intervals pass, with a call that ends with `status` in each; each probe gets
  // `result`. How many probes there were.
  size_t ProbesIn(int intervals, const absl::Status& status, const absl::Status& result) {
    const size_t before = prober_->probes.size();
    for (int i = 0; i < intervals; ++i) {
      Call(status);
      const size_t started = prober_->probes.size();
      loop_->Advance(health_check_.interval);
      if (prober_->probes.size() > started) prober_->Finish(result);
    }
    return prober_->probes.size() - before;
  }

  HealthCheckConfig health_check_;
  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<EventRecorder> recorder_ = std::make_shared<EventRecorder>();
  std::shared_ptr<ManualProber> prober_ = std::make_shared<ManualProber>();
  bool shuts_down_when_pickable_ = false;
  std::vector<std::string> reachable_;
  std::shared_ptr<Balancer> balancer_;
};

TEST_F(BalancerProbeTest, CallsThatSucceedMakeProbesRare) {
  ProbesIn(1, absl::OkStatus(), absl::OkStatus());

  EXPECT_EQ(ProbesIn(40, absl::OkStatus(), absl::OkStatus()), 10u);
}

TEST_F(BalancerProbeTest, CallsThatFailProveNothing) {
  ProbesIn(1, absl::OkStatus(), absl::OkStatus());

  EXPECT_GE(ProbesIn(4, absl::UnavailableError("down"), absl::OkStatus()), 4u);
}

class BalancerWatchTest : public BalancerProbeTest {
 protected:
  void SetUp() override {
    prober_->can_listen = true;
    BalancerProbeTest::SetUp();
    ProbesIn(1, absl::OkStatus(), absl::OkStatus());
    ASSERT_EQ(prober_->watches.size(), 1u);
  }

  void Say(const absl::Status& word) { prober_->watches.back()->callbacks.on_word(word); }
  EndpointStatus Status() { return balancer_->Endpoints().at(0); }
};

TEST_F(BalancerWatchTest, WhatAnEndpointSaysOfItselfCountsAtOnce) {
  Say(absl::UnavailableError("NOT_SERVING"));
  EXPECT_EQ(Status().state, HealthState::kEjected);
  EXPECT_THAT(Status().reason, HasSubstr("NOT_SERVING"));

  loop_->Advance(absl::Seconds(1));
  Say(absl::OkStatus());
  EXPECT_EQ(Status().state, HealthState::kHealthy);
}

TEST_F(BalancerWatchTest, ProbesOverrideAnOlderWord) {
  Say(absl::UnavailableError("NOT_SERVING"));

  // As many good ones as healthyThreshold says.
  prober_->Finish(absl::OkStatus());
  loop_->Advance(health_check_.interval);
  prober_->Finish(absl::OkStatus());
  loop_->Advance(health_check_.interval);
  prober_->Finish(absl::OkStatus());

  EXPECT_EQ(Status().state, HealthState::kHealthy);
}

TEST_F(BalancerWatchTest, ThatItCannotBeWatchedIsAnEventAndNoVerdict) {
  prober_->watches.back()->callbacks.on_end(absl::UnimplementedError("no Watch"));

  EXPECT_EQ(Status().state, HealthState::kHealthy);
  EXPECT_THAT(recorder_->lines, Contains("a probe_unsupported"));
  EXPECT_THAT(recorder_->events.back().reason, HasSubstr("not watched: no Watch"));
}

TEST_F(BalancerWatchTest, NobodyListensToWhoIsGone) {
  balancer_->Update(EndpointsNamed({"b"}));
  loop_->RunPosted();

  EXPECT_TRUE(prober_->watches[0]->is_cancelled);
}

// A hundred changes a second, for two minutes.
TEST_F(BalancerWatchTest, AFlappingEndpointRaisesNoMoreEventsThanIntervalsPass) {
  const absl::Duration duration = absl::Minutes(2);
  recorder_->events.clear();

  for (absl::Duration passed; passed < duration; passed += absl::Milliseconds(20)) {
    Say(absl::UnavailableError("NOT_SERVING"));
    loop_->Advance(absl::Milliseconds(10));
    Say(absl::OkStatus());
    loop_->Advance(absl::Milliseconds(10));
  }

  // And those of the first intervals, while the gap between two grows.
  const auto changes =
      std::count_if(recorder_->events.begin(), recorder_->events.end(),
                    [](const Event& event) { return event.kind == Event::Kind::kStateChanged; });
  EXPECT_GE(changes, 2);
  EXPECT_LE(changes, duration / health_check_.interval + 6);
}

class BalancerReachableTest : public BalancerProbeTest {
 protected:
  void SetUp() override {
    BalancerProbeTest::SetUp();
    balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("refused"));
    ProbesIn(1, absl::UnavailableError("refused"));
  }

  void ProbesIn(int intervals, const absl::Status& result) {
    for (int i = 0; i < intervals; ++i) {
      const size_t started = prober_->probes.size();
      loop_->Advance(health_check_.interval);
      if (prober_->probes.size() > started) prober_->Finish(result);
    }
  }
};

TEST_F(BalancerReachableTest, AGoodProbeOfAFailedConnectionIsNews) {
  EXPECT_THAT(reachable_, IsEmpty());

  ProbesIn(1, absl::OkStatus());

  EXPECT_THAT(reachable_, ElementsAre("a"));
}

// Who accepts connections that calls cannot use must not make gRPC connect at every probe.
TEST_F(BalancerReachableTest, IsSaidOnceAsLongAsNothingChanges) {
  ProbesIn(20, absl::OkStatus());
  EXPECT_THAT(reachable_, SizeIs(1));

  ProbesIn(1, absl::UnavailableError("refused"));
  ProbesIn(20, absl::OkStatus());
  EXPECT_THAT(reachable_, SizeIs(2));
}

TEST_F(BalancerReachableTest, IsSaidAgainOfTheNextFailure) {
  ProbesIn(1, absl::OkStatus());
  balancer_->SetConnectivity("a", Connectivity::kConnected);
  ProbesIn(1, absl::OkStatus());

  balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("refused"));
  ProbesIn(1, absl::OkStatus());

  EXPECT_THAT(reachable_, SizeIs(2));
}

TEST_F(BalancerReachableTest, IsNotSaidAfterShutdown) {
  const size_t started = prober_->probes.size();
  while (prober_->probes.size() == started) loop_->Advance(health_check_.interval / 2);
  CallMemory memory;
  ASSERT_TRUE(std::holds_alternative<Unavailable>(balancer_->Pick({}, memory)));
  shuts_down_when_pickable_ = true;

  prober_->Finish(absl::OkStatus());

  EXPECT_THAT(balancer_->Endpoints(), IsEmpty()) << "nobody was told";
  EXPECT_THAT(reachable_, IsEmpty());
}

TEST_F(BalancerReachableTest, IsNoNewsOfWhoIsConnected) {
  balancer_->SetConnectivity("a", Connectivity::kConnected);

  ProbesIn(5, absl::OkStatus());

  EXPECT_THAT(reachable_, IsEmpty());
}

}  // namespace
}  // namespace nines
