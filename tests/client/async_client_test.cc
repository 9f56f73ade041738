// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Client::RunAsync through the public door, in time turned by hand.

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/call_trace.h"
#include "nines/client.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Status kDown = absl::UnavailableError("down");

constexpr char kRetry[] = R"(, "methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4,
    "initialBackoff": "0.1s", "maxBackoff": "0.1s", "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"], "perAttemptRecvTimeout": "1s"}}])";
constexpr char kHedge[] = R"(, "methodConfig": [{"name": [{}], "timeout": "10s", "hedgingPolicy": {
    "maxAttempts": 3, "hedgingDelay": "0.01s", "nonFatalStatusCodes": ["UNAVAILABLE"]}}])";

// A client of endpoints a, b and c, whose calls want them in that order. Nobody is ejected.
class AsyncClientTest : public ::testing::Test {
 protected:
  ~AsyncClientTest() override {
    attempts_.clear();
    client_.reset();
  }

  static std::string Config(const std::string& more, const std::string& nines = "") {
    return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {
        "consecutiveFailures": 0, "stallEjection": {"factor": 0}})",
                        nines, "}}]", more, "}");
  }
  void Start(const std::string& more) {
    registry_.SetResolver("manual", factory_);
    registry_.SetPolicy("random",
                        [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
    ClientOptions options;
    options.service_config_json = Config(more);
    options.registry = &registry_;
    options.event_loop = loop_;
    auto client = Client::Create("manual:///service", std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }
  void StartAndResolve(const std::string& more) {
    Start(more);
    Resolve({"a", "b", "c"});
  }
  void Resolve(const std::vector<std::string>& addresses) {
    factory_->listener->OnEndpoints(EndpointsNamed(addresses));
    loop_->RunPosted();
  }

  CallHandle Run(Call call = {}) {
    return client_->RunAsync(
        call,
        [this](AsyncAttempt attempt) {
          tried_.push_back(attempt.endpoint().address);
          attempt.OnCancel([this, number = attempt.number()] { cancelled_.push_back(number); });
          attempts_.push_back(std::move(attempt));
        },
        [this](CallResult result) { results_.push_back(std::move(result)); });
  }
  void RunFor5Milliseconds(int calls) {
    for (int i = 0; i < calls; ++i) {
      Run();
      Advance(absl::Milliseconds(5));
      attempts_.back().Finish(absl::OkStatus());
    }
  }
  void Advance(absl::Duration duration) { loop_->Advance(duration); }

  int InFlight() const {
    int sum = 0;
    for (const EndpointStatus& status : client_->Endpoints()) sum += status.in_flight;
    return sum;
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  const std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  Registry registry_;
  std::shared_ptr<Client> client_;
  std::vector<AsyncAttempt> attempts_;
  std::vector<std::string> tried_;
  std::vector<uint32_t> cancelled_;
  std::vector<CallResult> results_;
};

TEST_F(AsyncClientTest, EndsWithItsAttempt) {
  StartAndResolve("");
  Run();
  ASSERT_THAT(tried_, ElementsAre("a"));
  EXPECT_THAT(results_, IsEmpty());

  attempts_[0].Finish(absl::OkStatus());

  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].status, absl::OkStatus());
  EXPECT_EQ(results_[0].attempt, 1);
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(AsyncClientTest, AttemptEndsOnce) {
  StartAndResolve("");
  Run();

  attempts_[0].Finish(absl::OkStatus());
  attempts_[0].Finish(kDown);

  EXPECT_THAT(results_, SizeIs(1));
}

TEST_F(AsyncClientTest, AttemptMayEndWhileItBegins) {
  StartAndResolve(kRetry);
  int starts = 0;

  client_->RunAsync(
      {},
      [&](const AsyncAttempt& attempt) { attempt.Finish(++starts < 3 ? kDown : absl::OkStatus()); },
      [this](CallResult result) { results_.push_back(std::move(result)); });

  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].status, absl::OkStatus());
  EXPECT_EQ(results_[0].attempt, 3);
}

TEST_F(AsyncClientTest, AttemptThatNobodyHoldsHasEnded) {
  StartAndResolve("");
  Run();

  attempts_.clear();

  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(AsyncClientTest, RetriesElsewhereAtOnceAndRepeatsAfterABackoff) {
  StartAndResolve(kRetry);
  Run();
  for (size_t i = 0; i < 3; ++i) attempts_[i].Finish(kDown);
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));

  Advance(absl::Milliseconds(79));
  EXPECT_THAT(tried_, SizeIs(3));
  Advance(absl::Milliseconds(41));
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c", "a"));
  attempts_[3].Finish(kDown);

  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].status.code(), kDown.code());
  EXPECT_THAT(std::string(results_[0].status.message()), HasSubstr("attempts used up; tried a: "));
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(AsyncClientTest, GivesUpAnAttemptThatTakesItsTime) {
  StartAndResolve(kRetry);
  Run();

  Advance(absl::Seconds(1));
  EXPECT_THAT(cancelled_, ElementsAre(1));
  EXPECT_THAT(tried_, ElementsAre("a", "b"));
  attempts_[0].Finish(absl::OkStatus());
  EXPECT_THAT(results_, IsEmpty()) << "too late";
  attempts_[1].Finish(absl::OkStatus());

  EXPECT_EQ(results_.at(0).attempt, 2);
}

TEST_F(AsyncClientTest, EndsAtTheDeadline) {
  StartAndResolve(R"(, "methodConfig": [{"name": [{}], "timeout": "2s"}])");
  Run();
  EXPECT_EQ(attempts_[0].deadline(), loop_->clock().Now() + absl::Seconds(2));

  Advance(absl::Seconds(2));

  EXPECT_EQ(results_.at(0).status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(results_[0].status.message()), HasSubstr("tried a: DEADLINE_EXCEEDED"));
  EXPECT_THAT(cancelled_, ElementsAre(1));
  EXPECT_TRUE(attempts_[0].is_cancelled());
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(AsyncClientTest, DoesNotBackOffPastTheDeadline) {
  StartAndResolve(R"(, "methodConfig": [{"name": [{}], "timeout": "0.05s", "retryPolicy": {
      "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "0.1s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE"]}}])");
  Run();
  for (size_t i = 0; i < 3; ++i) attempts_[i].Finish(kDown);

  EXPECT_EQ(results_.at(0).status.code(), kDown.code());
}

TEST_F(AsyncClientTest, IsCancelled) {
  StartAndResolve(kRetry);
  const CallHandle handle = Run();

  handle.Cancel();
  handle.Cancel();

  ASSERT_THAT(results_, SizeIs(1));
  EXPECT_EQ(results_[0].status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(results_[0].attempt, 0);
  EXPECT_THAT(cancelled_, ElementsAre(1));
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(AsyncClientTest, IsCancelledWhileItBacksOff) {
  StartAndResolve(kRetry);
  const CallHandle handle = Run();
  for (size_t i = 0; i < 3; ++i) attempts_[i].Finish(kDown);

  handle.Cancel();
  Advance(absl::Seconds(1));

  EXPECT_EQ(results_.at(0).status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(tried_, SizeIs(3));
}

TEST_F(AsyncClientTest, IsCancelledFromWithinItsOwnFunctions) {
  StartAndResolve("");
  CallHandle handle;
  int ends = 0;

  handle = client_->RunAsync(
      {},
      [&](const AsyncAttempt& attempt) {
        attempt.OnCancel([&] { handle.Cancel(); });
        attempts_.push_back(attempt);
      },
      [&](const CallResult&) {
        ++ends;
        handle.Cancel();
      });
  handle.Cancel();

  EXPECT_EQ(ends, 1);
}

TEST_F(AsyncClientTest, LateOnCancelIsCalledAtOnce) {
  StartAndResolve("");
  Run().Cancel();
  bool is_called = false;

  attempts_[0].OnCancel([&] { is_called = true; });

  EXPECT_TRUE(is_called);
}

TEST_F(AsyncClientTest, WaitsForTheFirstEndpoints) {
  Start("");
  Run();
  EXPECT_THAT(tried_, IsEmpty());

  Resolve({"a"});
  EXPECT_THAT(tried_, ElementsAre("a"));
  attempts_[0].Finish(absl::OkStatus());

  EXPECT_EQ(results_.at(0).status, absl::OkStatus());
}

TEST_F(AsyncClientTest, EndsAtTheDeadlineWhileItWaitsForEndpoints) {
  Start(R"(, "methodConfig": [{"name": [{}], "timeout": "2s"}])");
  Run();

  Advance(absl::Seconds(2));

  EXPECT_EQ(results_.at(0).status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(AsyncClientTest, EndsWaitingCallsAtShutdown) {
  Start(R"(, "methodConfig": [{"name": [{}], "waitForReady": true}])");
  Run();

  client_->Shutdown();

  EXPECT_EQ(results_.at(0).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(AsyncClientTest, CallsUnderWayKeepTheClient) {
  StartAndResolve("");
  Run();
  client_.reset();
  EXPECT_NE(factory_->listener, nullptr);

  attempts_[0].Finish(absl::OkStatus());

  EXPECT_EQ(results_.at(0).status, absl::OkStatus());
  EXPECT_EQ(factory_->listener, nullptr);
}

TEST_F(AsyncClientTest, ACallThatWaitedMayBeTheLastToHoldTheClient) {
  Start("");
  client_->RunAsync(
      {}, [](const AsyncAttempt& attempt) { attempt.Finish(absl::OkStatus()); },
      [this](CallResult result) {
        results_.push_back(std::move(result));
        client_.reset();
      });

  factory_->listener->OnEndpoints(EndpointsNamed({"a"}));
  EXPECT_NE(factory_->listener, nullptr) << "the resolver ended beneath its own call";
  loop_->RunPosted();

  EXPECT_THAT(results_, SizeIs(1));
  EXPECT_EQ(factory_->listener, nullptr);
}

TEST_F(AsyncClientTest, LeavesNoTimerBehind) {
  StartAndResolve(kRetry);
  const size_t before = loop_->timer_count();
  for (int i = 0; i < 100; ++i) Run();
  for (const AsyncAttempt& attempt : attempts_) attempt.Finish(absl::OkStatus());

  Advance(absl::Seconds(2));

  EXPECT_EQ(loop_->timer_count(), before);
}

TEST_F(AsyncClientTest, HedgesElsewhereAfterTheDelay) {
  StartAndResolve(kHedge);
  Run();
  Advance(absl::Milliseconds(9));
  EXPECT_THAT(tried_, ElementsAre("a"));

  Advance(absl::Milliseconds(1));
  EXPECT_THAT(tried_, ElementsAre("a", "b"));
  Advance(absl::Milliseconds(10));
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));
  Advance(absl::Milliseconds(100));

  EXPECT_THAT(tried_, SizeIs(3)) << "maxAttempts";
}

TEST_F(AsyncClientTest, FirstSuccessWinsAndTheOthersAreCancelled) {
  StartAndResolve(kHedge);
  CallTrace trace;
  Call call;
  call.trace = &trace;
  Run(call);
  Advance(absl::Milliseconds(20));

  attempts_[1].Finish(absl::OkStatus());

  EXPECT_EQ(results_.at(0).attempt, 2);
  EXPECT_THAT(cancelled_, ElementsAre(1, 3));
  EXPECT_EQ(InFlight(), 0);
  ASSERT_THAT(trace.attempts, SizeIs(3));
  EXPECT_EQ(trace.attempts[0].reason, AttemptReason::kHedge);
  EXPECT_EQ(trace.attempts[1].address, "a");
  EXPECT_EQ(trace.attempts[1].status.code(), absl::StatusCode::kCancelled);
}

TEST_F(AsyncClientTest, LosersAreNoFailures) {
  StartAndResolve(kHedge);
  for (int i = 0; i < 20; ++i) {
    Run();
    Advance(absl::Milliseconds(10));
    attempts_.back().Finish(absl::OkStatus());
  }

  EXPECT_THAT(results_, SizeIs(20));
  EXPECT_EQ(client_->Endpoints()[0].calls, 20u);
  EXPECT_EQ(client_->Endpoints()[0].failures, 0u);
}

// Hedges hide that an endpoint hangs: no call of its fails, and each costs their delay.
TEST_F(AsyncClientTest, WhoLosesEveryCallIsEjected) {
  StartAndResolve(kHedge);
  for (int i = 0; i < 200 && client_->Endpoints()[0].state == HealthState::kHealthy; ++i) {
    Run();
    Advance(absl::Milliseconds(10));
    attempts_.back().Finish(absl::OkStatus());
  }

  EXPECT_EQ(client_->Endpoints()[0].state, HealthState::kEjected);
  EXPECT_THAT(client_->Endpoints()[0].reason, HasSubstr("answered before another endpoint did"));
}

TEST_F(AsyncClientTest, WhoWinsACallNowAndThenIsOnlySlower) {
  StartAndResolve(kHedge);
  for (int i = 0; i < 500; ++i) {
    Run();
    const size_t first = attempts_.size() - 1;
    Advance(absl::Milliseconds(10));
    attempts_[i % 20 == 0 ? first : attempts_.size() - 1].Finish(absl::OkStatus());
  }

  EXPECT_EQ(client_->Endpoints()[0].state, HealthState::kHealthy);
}

TEST_F(AsyncClientTest, NonFatalFailureMakesTheNextAtOnce) {
  StartAndResolve(kHedge);
  Run();

  attempts_[0].Finish(kDown);

  EXPECT_THAT(tried_, ElementsAre("a", "b"));
  EXPECT_THAT(results_, IsEmpty());
}

TEST_F(AsyncClientTest, FatalFailureEndsTheCall) {
  StartAndResolve(kHedge);
  Run();
  Advance(absl::Milliseconds(10));

  attempts_[1].Finish(absl::NotFoundError("none"));

  EXPECT_EQ(results_.at(0).status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(cancelled_, ElementsAre(1));
}

TEST_F(AsyncClientTest, ServerThatSaysStopEndsHedging) {
  StartAndResolve(kHedge);
  Run();
  Advance(absl::Milliseconds(10));
  attempts_[1].Finish(WithPushback(kDown, absl::Seconds(-1)));

  Advance(absl::Milliseconds(100));
  EXPECT_THAT(tried_, ElementsAre("a", "b"));
  attempts_[0].Finish(absl::OkStatus());

  EXPECT_EQ(results_.at(0).attempt, 1);
}

TEST_F(AsyncClientTest, ServerThatAsksForTimeGetsIt) {
  StartAndResolve(kHedge);
  Run();
  attempts_[0].Finish(WithPushback(kDown, absl::Seconds(1)));

  Advance(absl::Milliseconds(999));
  EXPECT_THAT(tried_, ElementsAre("a"));
  Advance(absl::Milliseconds(1));

  EXPECT_THAT(tried_, ElementsAre("a", "b"));
}

TEST_F(AsyncClientTest, NeverHedgesToAnEndpointAlreadyAsked) {
  Start(kHedge);
  Resolve({"a", "b"});
  Run();

  Advance(absl::Milliseconds(100));

  EXPECT_THAT(tried_, ElementsAre("a", "b"));
}

TEST_F(AsyncClientTest, WithoutADelayAllAttemptsAreMadeAtOnce) {
  StartAndResolve(R"(, "methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 3}}])");

  Run();

  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));
}

constexpr char kAdaptiveHedge[] = R"(, "methodConfig": [{"name": [{}], "hedgingPolicy": {
    "maxAttempts": 2, "adaptiveDelay": {"quantile": 0.9}}}])";

TEST_F(AsyncClientTest, AdaptiveHedgeWaitsForTheUsualLatency) {
  StartAndResolve(kAdaptiveHedge);
  RunFor5Milliseconds(100);
  ASSERT_THAT(tried_, SizeIs(100)) << "nothing is known yet, so nobody hedges";

  Run();
  Advance(absl::Milliseconds(4));
  EXPECT_THAT(tried_, SizeIs(101));
  Advance(absl::Milliseconds(2));

  EXPECT_THAT(tried_, SizeIs(102));
}

TEST_F(AsyncClientTest, ALateConfigForgetsNoUsualLatency) {
  StartAndResolve(kAdaptiveHedge);
  RunFor5Milliseconds(100);
  factory_->listener->OnServiceConfig(Config(kAdaptiveHedge, R"(, "maxInFlightPerEndpoint": 10)"));
  Resolve({"a", "b", "c"});

  Run();
  Advance(absl::Milliseconds(6));

  EXPECT_THAT(tried_, SizeIs(102));
}

TEST_F(AsyncClientTest, HedgesWithinTheBudget) {
  Start("");
  client_.reset();
  factory_->listener = nullptr;
  ClientOptions options;
  options.service_config_json = R"({"loadBalancingConfig": [{"nines": {"retryBudget": {
      "percent": 20, "minPerSecond": 0}}}], "methodConfig": [{"name": [{}], "hedgingPolicy": {
      "maxAttempts": 2, "hedgingDelay": "0s"}}]})";
  options.registry = &registry_;
  options.event_loop = loop_;
  client_ = *Client::Create("manual:///service", std::move(options));
  Resolve({"a", "b", "c"});

  for (int i = 0; i < 100; ++i) Run();

  EXPECT_THAT(tried_, SizeIs(120));
}

TEST_F(AsyncClientTest, AttemptsMayEndOnAnyThread) {
  StartAndResolve(kRetry);
  Run();
  std::thread other([&] { attempts_[0].Finish(absl::OkStatus()); });
  other.join();

  EXPECT_EQ(results_.at(0).status, absl::OkStatus());
}

}  // namespace
}  // namespace nines
