// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Retries of Client::Run, through the public door.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "nines/call_trace.h"
#include "nines/client.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const absl::Status kDown = absl::UnavailableError("down");

// A client of endpoints a, b and c, whose calls want them in that order. Nobody is ejected.
class RetryClientTest : public ::testing::Test {
 protected:
  void Start(const std::string& more) {
    Registry registry;
    registry.SetResolver("manual", factory_);
    registry.SetPolicy("random",
                       [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
    ClientOptions options;
    options.service_config_json =
        R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {"consecutiveFailures": 0}}}])" +
        more + "}";
    options.registry = &registry;
    options.event_loop = loop_;
    auto client = Client::Create("manual:///service", std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    RunOnLoopAndWait(*loop_, [&] {
      factory_->listener->OnEndpoints(EndpointsNamed({"a", "b", "c"}));
    });
  }

  // Makes a call whose attempts end with `results`, the last one again and again.
  absl::Status Run(const std::vector<absl::Status>& results, Call call = {}) {
    tried_.clear();
    return client_->Run(call, [&](const Attempt& attempt) {
      tried_.push_back(attempt.endpoint.address);
      return results[std::min(tried_.size(), results.size()) - 1];
    });
  }

  static std::string Policy(const std::string& more = "") {
    return R"(, "methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4,
        "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1,
        "retryableStatusCodes": ["UNAVAILABLE"])" +
           more + "}}]";
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
  std::shared_ptr<Client> client_;
  std::vector<std::string> tried_;
};

TEST_F(RetryClientTest, TracesEachAttemptAndItsReason) {
  Start(Policy());
  CallTrace trace;
  Call call;
  call.trace = &trace;

  EXPECT_EQ(Run({kDown, kDown, kDown, absl::OkStatus()}, call), absl::OkStatus());

  ASSERT_THAT(trace.attempts, SizeIs(4));
  EXPECT_EQ(trace.attempts[0].address, "a");
  EXPECT_EQ(trace.attempts[0].reason, AttemptReason::kFirst);
  EXPECT_EQ(trace.attempts[0].status, kDown);
  EXPECT_EQ(trace.attempts[1].reason, AttemptReason::kFailure);
  EXPECT_EQ(trace.attempts[3].address, "a") << "the one tried longest ago";
  EXPECT_EQ(trace.attempts[3].reason, AttemptReason::kRepeat);
  EXPECT_GE(trace.attempts[3].start, absl::Microseconds(800)) << "after a backoff";
  EXPECT_EQ(trace.attempts[3].status, absl::OkStatus());
  EXPECT_EQ(trace.end, CallEnd::kSucceeded);
}

TEST_F(RetryClientTest, TracesWhyThereWasNoFurtherAttempt) {
  Start(Policy());
  CallTrace trace;
  Call call;
  call.trace = &trace;

  EXPECT_EQ(Run({absl::NotFoundError("none")}, call), absl::NotFoundError("none"));

  EXPECT_THAT(trace.attempts, SizeIs(1));
  EXPECT_EQ(trace.end, CallEnd::kNotRetryable);
}

TEST_F(RetryClientTest, WaitsAsLongAsTheServerSaysBeforeItGoesElsewhere) {
  Start(Policy());
  CallTrace trace;
  Call call;
  call.trace = &trace;

  EXPECT_EQ(Run({WithPushback(kDown, absl::Milliseconds(20)), absl::OkStatus()}, call),
            absl::OkStatus());

  EXPECT_THAT(tried_, ElementsAre("a", "b"));
  EXPECT_GE(trace.attempts[1].start, absl::Milliseconds(20));
  EXPECT_EQ(trace.attempts[1].reason, AttemptReason::kPushback);
}

TEST_F(RetryClientTest, StopsWhenTheServerSaysSo) {
  Start(Policy());

  EXPECT_EQ(Run({WithPushback(kDown, absl::Seconds(-1))}).code(), kDown.code());

  EXPECT_THAT(tried_, ElementsAre("a"));
}

TEST_F(RetryClientTest, RetriesAnAttemptThatTookItsTime) {
  Start(Policy(R"(, "perAttemptRecvTimeout": "0.001s")"));
  int attempts = 0;

  const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
    if (++attempts == 2) return absl::OkStatus();
    while (ProcessClock().Now() < attempt.deadline) {
    }
    return absl::DeadlineExceededError("no answer");
  });

  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(attempts, 2);
}

TEST_F(RetryClientTest, ThrottlesRetriesByTokens) {
  Start(Policy() + R"(, "retryThrottling": {"maxTokens": 4, "tokenRatio": 0.1})");
  EXPECT_EQ(Run({kDown, absl::OkStatus()}), absl::OkStatus());

  EXPECT_EQ(Run({kDown}).code(), kDown.code());

  EXPECT_THAT(tried_, ElementsAre("a", "b")) << "of 4 tokens, 3.1 were left, 2.1 and 1.1";
}

TEST_F(RetryClientTest, ConfigIsThatOfTheMethodElseTheServiceElseTheDefault) {
  Start(R"(, "methodConfig": [
      {"name": [{"service": "s", "method": "m"}], "hedgingPolicy": {"maxAttempts": 2,
          "nonFatalStatusCodes": ["UNAVAILABLE"]}},
      {"name": [{"service": "s"}], "hedgingPolicy": {"maxAttempts": 3,
          "nonFatalStatusCodes": ["UNAVAILABLE"]}},
      {"name": [{}]}])");
  Call call;

  call.method = "/s/m";
  EXPECT_EQ(Run({kDown}, call).code(), kDown.code());
  EXPECT_THAT(tried_, SizeIs(2));
  call.method = "/s/other";
  EXPECT_EQ(Run({kDown}, call).code(), kDown.code());
  EXPECT_THAT(tried_, SizeIs(3));
  call.method = "/t/m";
  EXPECT_EQ(Run({kDown}, call).code(), kDown.code());
  EXPECT_THAT(tried_, SizeIs(1));
}

}  // namespace
}  // namespace nines
