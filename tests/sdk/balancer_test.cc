// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/balancer.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

// A balancer whose calls want a, then b, then c, …
class BalancerTest : public ::testing::Test {
 protected:
  void Start(const std::vector<std::string>& addresses) {
    Create();
    balancer_->Update(EndpointsNamed(addresses));
  }

  void Create() {
    Balancer::Options options;
    options.target = "test:///target";
    options.config = config_;
    options.policy = std::make_shared<InOrderPolicy>();
    options.loop = loop_;
    options.random = &random_;
    options.observer = recorder_;
    options.prober = prober_;
    options.initial_connectivity = initial_connectivity_;
    options.on_pickable = [this] {
      ++pickable_;
      if (lets_go_when_pickable_) balancer_.reset();
    };
    balancer_ = Balancer::Create(std::move(options));
  }

  // The endpoint picked for a call of its own, whose attempt ends with `status`.
  std::string Call(const absl::Status& status = absl::OkStatus()) {
    CallMemory memory;
    return Attempt(memory, status);
  }
  std::string Attempt(CallMemory& memory, const absl::Status& status) {
    PickResult result = balancer_->Pick({}, memory);
    if (std::holds_alternative<Wait>(result)) return "wait";
    if (auto* unavailable = std::get_if<Unavailable>(&result)) {
      return std::string(unavailable->status.message());
    }
    Lease& lease = std::get<Picked>(result).lease;
    const std::string address = lease.endpoint().address;
    lease.Report(MakeOutcome(status));
    return address;
  }
  void CallTimes(int times, const absl::Status& status) {
    for (int i = 0; i < times; ++i) Call(status);
  }
  HealthState StateOf(size_t i) { return balancer_->Endpoints()[i].state; }

  BalancerConfig config_;
  Connectivity initial_connectivity_ = Connectivity::kConnected;
  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<EventRecorder> recorder_ = std::make_shared<EventRecorder>();
  std::shared_ptr<ManualProber> prober_ = std::make_shared<ManualProber>();
  int pickable_ = 0;
  bool lets_go_when_pickable_ = false;
  std::shared_ptr<Balancer> balancer_;
};

const absl::Status kDown = absl::UnavailableError("down");

TEST_F(BalancerTest, WaitsUntilSomethingIsResolved) {
  Create();

  EXPECT_EQ(Call(), "wait");
}

TEST_F(BalancerTest, WakesAStarvedPickWhenEndpointsCome) {
  Create();
  Call();

  balancer_->Update(EndpointsNamed({"a"}));

  EXPECT_EQ(pickable_, 1);
  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, DoesNotWakeWhenNobodyIsStarved) {
  Start({"a"});

  balancer_->Update(EndpointsNamed({"a", "b"}));

  EXPECT_EQ(pickable_, 0);
}

TEST_F(BalancerTest, FailsWithTheResolversWordsWhileNothingIsResolved) {
  Create();

  balancer_->SetResolveError(absl::NotFoundError("no such name"));

  EXPECT_EQ(Call(), "test:///target: not resolved: no such name");
}

TEST_F(BalancerTest, KeepsItsEndpointsWhenResolvingFails) {
  Start({"a"});

  balancer_->SetResolveError(absl::NotFoundError("no such name"));

  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, FailsOnAnEmptyAnswer) {
  Start({});

  EXPECT_EQ(Call(), "test:///target: resolved to no endpoints");
}

TEST_F(BalancerTest, SendsEachAttemptOfACallToAnotherEndpoint) {
  Start({"a", "b", "c"});
  CallMemory memory;

  EXPECT_EQ(Attempt(memory, kDown), "a");
  EXPECT_EQ(Attempt(memory, kDown), "b");
  EXPECT_EQ(Attempt(memory, kDown), "c");
}

TEST_F(BalancerTest, RepeatsTheEndpointTriedLongestAgoWhenAllWereTried) {
  Start({"a", "b"});
  CallMemory memory;
  Attempt(memory, kDown);
  Attempt(memory, kDown);

  EXPECT_EQ(Attempt(memory, kDown), "a");
  EXPECT_EQ(Attempt(memory, kDown), "b");
}

TEST_F(BalancerTest, KnowsWhetherARetryHasSomewhereElseToGo) {
  Start({"a", "b"});
  CallMemory memory;

  Attempt(memory, kDown);
  EXPECT_TRUE(balancer_->CanPickUntried(memory));
  Attempt(memory, kDown);
  EXPECT_FALSE(balancer_->CanPickUntried(memory));
}

TEST_F(BalancerTest, KnowsWhetherARetryMayEndInTime) {
  Start({"a", "b"});
  CallMemory memory;
  EXPECT_TRUE(balancer_->MayEndIn(absl::Milliseconds(1), memory)) << "nothing is known yet";
  CallMemory of_another;
  for (int i = 0; i < 2; ++i) {
    PickResult result = balancer_->Pick({}, of_another);
    Lease& lease = std::get<Picked>(result).lease;
    const bool is_first = lease.endpoint().address == "a";
    lease.Report(
        MakeOutcome(absl::OkStatus(), is_first ? absl::Milliseconds(8) : absl::Seconds(8)));
  }

  EXPECT_TRUE(balancer_->MayEndIn(absl::Milliseconds(2), memory)) << "at a, a quarter of it";
  EXPECT_FALSE(balancer_->MayEndIn(absl::Microseconds(1999), memory));

  EXPECT_EQ(Attempt(memory, kDown), "a");
  EXPECT_FALSE(balancer_->MayEndIn(absl::Milliseconds(100), memory)) << "it goes to b";
  EXPECT_TRUE(balancer_->MayEndIn(absl::Seconds(2), memory));

  EXPECT_EQ(Attempt(memory, kDown), "b");
  EXPECT_TRUE(balancer_->MayEndIn(absl::Milliseconds(100), memory)) << "to either, again";
}

TEST_F(BalancerTest, LeavesItToThePickThatNobodyIsUsable) {
  Start({"a"});
  balancer_->SetConnectivity("a", Connectivity::kFailed, kDown);

  EXPECT_TRUE(balancer_->MayEndIn(absl::Milliseconds(1), CallMemory()));
}

TEST_F(BalancerTest, AvoidsFailingEndpointsWhenTheCallsMemoryWasLost) {
  Start({"a", "b", "c"});
  Call(kDown);  // at a
  CallMemory memory;
  nines::Call call;
  call.forgotten_attempts = 1;

  PickResult result = balancer_->Pick(call, memory);

  EXPECT_EQ(std::get<Picked>(result).lease.endpoint().address, "b");
}

TEST_F(BalancerTest, EjectsAfterConsecutiveFailuresAndSaysWhy) {
  Start({"a", "b", "c"});

  CallTimes(4, kDown);
  EXPECT_EQ(Call(), "a");
  CallTimes(5, kDown);

  EXPECT_EQ(Call(), "b");
  const EndpointStatus status = balancer_->Endpoints()[0];
  EXPECT_EQ(status.state, HealthState::kEjected);
  EXPECT_THAT(status.reason, HasSubstr("5 consecutive failures"));
  EXPECT_EQ(status.last_error, kDown);
  EXPECT_EQ(status.calls, 10u);
  EXPECT_EQ(status.failures, 9u);
  EXPECT_THAT(recorder_->lines, Contains("a healthy->ejected"));
}

TEST_F(BalancerTest, NeverEjectsForTheCallersErrors) {
  Start({"a", "b"});

  CallTimes(50, absl::NotFoundError("no such thing"));
  CallTimes(50, absl::InvalidArgumentError("bad"));
  CallTimes(50, absl::CancelledError());
  CallTimes(50, absl::ResourceExhaustedError("slow down"));

  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, TurnsEjectionOffWithThresholdZero) {
  config_.outlier_detection.consecutive_failures = 0;
  Start({"a", "b"});

  CallTimes(100, kDown);

  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, ReturnsByOneTrialCall) {
  Start({"a", "b", "c"});
  CallTimes(5, kDown);

  loop_->Advance(absl::Seconds(5));
  CallMemory trial_memory;
  PickResult trial = balancer_->Pick({}, trial_memory);
  ASSERT_EQ(std::get<Picked>(trial).lease.endpoint().address, "a");
  EXPECT_EQ(StateOf(0), HealthState::kDegraded);
  EXPECT_EQ(Call(), "b") << "the trial is under way";
  std::get<Picked>(trial).lease.Report(MakeOutcome(absl::OkStatus()));

  EXPECT_EQ(StateOf(0), HealthState::kHealthy);
  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, GivesTheTrialOnWhenItsLeaseIsDropped) {
  Start({"a", "b", "c"});
  CallTimes(5, kDown);
  loop_->Advance(absl::Seconds(5));
  {
    CallMemory memory;
    const PickResult dropped = balancer_->Pick({}, memory);
  }

  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, WhoIsWokenByATickMayBeTheLastToHoldTheBalancer) {
  initial_connectivity_ = Connectivity::kConnecting;
  Start({"a"});
  ASSERT_EQ(Call(), "wait");
  lets_go_when_pickable_ = true;

  loop_->Advance(config_.outlier_detection.interval);

  EXPECT_EQ(balancer_, nullptr);
  EXPECT_EQ(loop_->timer_count(), 0u);
}

TEST_F(BalancerTest, WhoIsWokenByAProbeMayBeTheLastToHoldTheBalancer) {
  initial_connectivity_ = Connectivity::kConnecting;
  config_.health_check = HealthCheckConfig();
  Start({"a"});
  ASSERT_EQ(Call(), "wait");
  // Half of an interval at a time: the tick, which wakes too, is due later.
  while (prober_->probes.empty()) loop_->Advance(config_.health_check->interval / 2);
  ASSERT_EQ(Call(), "wait");
  lets_go_when_pickable_ = true;

  prober_->Finish(absl::OkStatus());

  EXPECT_EQ(balancer_, nullptr);
  EXPECT_EQ(loop_->timer_count(), 0u);
}

TEST_F(BalancerTest, ALeaseMayEndAfterTheLoopHasGone) {
  config_.outlier_detection.consecutive_failures = 1;
  Start({"a", "b"});
  CallMemory memory;
  PickResult held = balancer_->Pick({}, memory);

  balancer_.reset();
  loop_.reset();

  std::get<Picked>(held).lease.Report(MakeOutcome(kDown));
  EXPECT_THAT(recorder_->lines, ElementsAre("a endpoint_added", "b endpoint_added", "resolved"));
}

// gRPC drops leases of picks that come to nothing under the lock that on_pickable's work takes.
TEST_F(BalancerTest, ADroppedLeaseCallsNobodyFromWithin) {
  config_.max_in_flight_per_endpoint = 1;
  Start({"a", "b", "c"});
  CallTimes(5, kDown);
  loop_->Advance(absl::Seconds(5));
  balancer_->SetConnectivity("b", Connectivity::kFailed);
  balancer_->SetConnectivity("c", Connectivity::kFailed);
  std::optional<PickResult> trial;
  {
    CallMemory memory;
    trial = balancer_->Pick({}, memory);
  }
  ASSERT_EQ(std::get<Picked>(*trial).lease.endpoint().address, "a");
  ASSERT_THAT(Call(), HasSubstr("no usable endpoint"));
  const int before = pickable_;

  trial.reset();
  EXPECT_EQ(pickable_, before);
  loop_->RunPosted();

  EXPECT_EQ(pickable_, before + 1);
  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, LearnsNothingFromAttemptsThatBeganBeforeTheEjection) {
  Start({"a", "b", "c"});
  CallMemory memory;
  PickResult before = balancer_->Pick({}, memory);
  CallTimes(5, kDown);
  loop_->Advance(absl::Seconds(5));

  std::get<Picked>(before).lease.Report(MakeOutcome(kDown));

  EXPECT_EQ(StateOf(0), HealthState::kDegraded);
}

TEST_F(BalancerTest, StillCallsTheOnlyEndpointWhateverItsHealth) {
  Start({"a"});

  CallTimes(20, kDown);

  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, CallsEndpointsOnTrialWhenNobodyElseIsLeft) {
  Start({"a", "b"});
  CallTimes(5, kDown);  // a is ejected
  balancer_->SetConnectivity("b", Connectivity::kFailed, kDown);
  CallMemory first_memory;
  PickResult first = balancer_->Pick({}, first_memory);

  EXPECT_EQ(std::get<Picked>(first).lease.endpoint().address, "a");
  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerTest, CountsInFlightUntilReportOrDrop) {
  Start({"a"});
  CallMemory memory;
  {
    const PickResult first = balancer_->Pick({}, memory);
    PickResult second = balancer_->Pick({}, memory);
    EXPECT_EQ(balancer_->Endpoints()[0].in_flight, 2u);
    std::get<Picked>(second).lease.Report(MakeOutcome(absl::OkStatus()));
    EXPECT_EQ(balancer_->Endpoints()[0].in_flight, 1u);
  }

  EXPECT_EQ(balancer_->Endpoints()[0].in_flight, 0u);
}

TEST_F(BalancerTest, KeepsWhatItLearnedAcrossUpdates) {
  Start({"a", "b", "c"});
  CallTimes(5, kDown);

  balancer_->Update(EndpointsNamed({"a", "b", "c", "d"}));

  EXPECT_EQ(StateOf(0), HealthState::kEjected);
}

TEST_F(BalancerTest, LetsLeasesOfRemovedEndpointsEnd) {
  Start({"a", "b"});
  CallMemory memory;
  PickResult result = balancer_->Pick({}, memory);

  balancer_->Update(EndpointsNamed({"b"}));
  balancer_.reset();

  EXPECT_EQ(std::get<Picked>(result).lease.endpoint().address, "a");
  std::get<Picked>(result).lease.Report(MakeOutcome(kDown));
}

TEST_F(BalancerTest, AttachesOnceToEachEndpoint) {
  int attachment = 0;
  int calls = 0;
  Create();
  const auto attach = [&](const Endpoint&) -> void* {
    ++calls;
    return &attachment;
  };

  balancer_->Update(EndpointsNamed({"a"}), attach);
  balancer_->Update(EndpointsNamed({"a"}), attach);

  CallMemory memory;
  const PickResult result = balancer_->Pick({}, memory);
  EXPECT_EQ(std::get<Picked>(result).lease.attachment(), &attachment);
  EXPECT_EQ(calls, 1);
}

TEST_F(BalancerTest, WaitsForTheFirstConnection) {
  initial_connectivity_ = Connectivity::kConnecting;
  Start({"a", "b"});
  EXPECT_EQ(Call(), "wait");

  balancer_->SetConnectivity("b", Connectivity::kConnected);

  EXPECT_EQ(pickable_, 1);
  EXPECT_EQ(Call(), "b");
}

TEST_F(BalancerTest, FailsWhenNobodyCanBeConnected) {
  initial_connectivity_ = Connectivity::kConnecting;
  Start({"a", "b"});

  balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("refused"));
  balancer_->SetConnectivity("b", Connectivity::kFailed, absl::UnavailableError("no route"));

  EXPECT_EQ(Call(),
            "test:///target: no usable endpoint of 2 (2 connecting); last errors: "
            "a: UNAVAILABLE: refused; b: UNAVAILABLE: no route");
}

TEST_F(BalancerTest, NamesAtMostFiveErrors) {
  Start({"a", "b", "c", "d", "e", "f", "g"});
  for (const EndpointStatus& status : balancer_->Endpoints()) {
    balancer_->SetConnectivity(status.endpoint.address, Connectivity::kFailed, kDown);
  }

  const std::string message = Call();

  EXPECT_THAT(message, HasSubstr("no usable endpoint of 7 (7 connecting)"));
  EXPECT_THAT(message, HasSubstr("e: UNAVAILABLE"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("f: UNAVAILABLE")));
}

TEST_F(BalancerTest, FailsFastInPanicModeFail) {
  config_.panic.mode = PanicConfig::Mode::kFail;
  Start({"a", "b", "c"});
  balancer_->SetConnectivity("a", Connectivity::kFailed, kDown);
  balancer_->SetConnectivity("b", Connectivity::kFailed, kDown);

  EXPECT_THAT(Call(), HasSubstr("no usable endpoint of 3 (2 connecting, 1 healthy)"));
}

TEST_F(BalancerTest, ProbesEveryEndpointAndBelievesThem) {
  config_.health_check.emplace();
  config_.health_check->unhealthy_threshold = 1;
  Start({"a", "b", "c"});
  loop_->Advance(config_.health_check->interval);

  ASSERT_EQ(prober_->probes.size(), 3u);
  for (const auto& probe : prober_->probes) {
    if (probe->address == "a") probe->done(kDown);
  }

  EXPECT_EQ(StateOf(0), HealthState::kEjected);
  EXPECT_EQ(Call(), "b");
}

TEST_F(BalancerTest, StopsProbingWhatIsGone) {
  config_.health_check.emplace();
  Start({"a"});
  loop_->Advance(config_.health_check->interval);
  ASSERT_EQ(prober_->probes.size(), 1u);

  balancer_->Update({});
  loop_->RunPosted();

  EXPECT_TRUE(prober_->probes[0]->is_cancelled);
}

TEST_F(BalancerTest, TakesANewConfigAndKeepsWhatItLearned) {
  Start({"a", "b", "c"});
  CallTimes(5, kDown);
  config_.outlier_detection.consecutive_failures = 2;

  balancer_->Reconfigure(config_, std::make_shared<InOrderPolicy>(), nullptr);
  CallTimes(2, kDown);  // at b, but only one of three may be out

  EXPECT_EQ(StateOf(0), HealthState::kEjected);
  EXPECT_THAT(recorder_->lines, IsSupersetOf({"config_changed", "b ejection_spared"}));
}

TEST_F(BalancerTest, FailsCallsAfterShutdownAndLeavesNoTimer) {
  Start({"a"});

  balancer_->Shutdown();
  loop_->RunPosted();

  EXPECT_EQ(Call(), "test:///target: shut down");
  EXPECT_EQ(loop_->timer_count(), 0u);
}

TEST_F(BalancerTest, MayBeUsedFromItsObserver) {
  struct Reader final : Observer {
    void OnEvent(const Event&) override { seen = balancer->Endpoints().size(); }
    std::shared_ptr<Balancer> balancer;
    size_t seen = 0;
  };
  const auto reader = std::make_shared<Reader>();
  Balancer::Options options;
  options.policy = std::make_shared<InOrderPolicy>();
  options.loop = loop_;
  options.observer = reader;
  reader->balancer = Balancer::Create(std::move(options));

  reader->balancer->Update(EndpointsNamed({"a", "b"}));

  EXPECT_EQ(reader->seen, 2u);
  reader->balancer.reset();
}

}  // namespace
}  // namespace nines
