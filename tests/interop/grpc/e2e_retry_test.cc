// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Which retries are made: within the budget and within the deadline.

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e_retry_fixture.h"
#include "gmock/gmock.h"
#include "nines/grpc_trace.h"

namespace nines::testing {
namespace {

using testbed::EchoReply;
using testbed::MakeCall;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kRetryInAMinute[] = R"("methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 2, "initialBackoff": "60s", "maxBackoff": "60s", "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"]}}])";

// How a call ends that is cancelled when it is clear what follows its first attempt, which fails.
::grpc::StatusCode CancelBeforeRetry(const std::shared_ptr<::grpc::Channel>& channel) {
  ::grpc::ClientContext context;
  const GrpcCallTrace trace = TraceCall(&context);
  ::grpc::Status status;
  std::thread caller([&] {
    EchoReply reply;
    status = testbed::Echo::NewStub(channel)->Unary(&context, testbed::EchoRequest(), &reply);
  });
  EXPECT_TRUE(testbed::Eventually([&] {
    const auto attempts = trace.attempts();
    return !attempts.empty() && !attempts[0].next.empty();
  }));
  context.TryCancel();
  caller.join();
  return status.error_code();
}

TEST_F(RetriesTest, RetriesEndWithTheBudget) {
  const auto channel = ConnectTo(
      2, R"("retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"})", kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  const uint64_t attempts = AttemptsOf(channel, 100);

  EXPECT_EQ(attempts, 100u + 60u);
  EXPECT_THAT(std::string(MakeCall(channel).status().message()), StartsWith("as told"));
}

TEST_F(RetriesTest, TheStatusSaysThatTheBudgetIsSpent) {
  const auto channel = ConnectTo(
      2, R"("retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "1s"})", kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  const absl::Status status = MakeCall(channel).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 attempts: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("retry budget exhausted"));
}

TEST_F(RetriesTest, TheBudgetIsAShareOfTheCalls) {
  const auto channel = ConnectTo(
      2, R"("retryBudget": {"percent": 20, "minPerSecond": 0, "ttl": "60s"})", kFourAttempts);
  const uint64_t warm_up = AttemptsReceived();
  AllAnswerWith("UNAVAILABLE");

  const uint64_t attempts = AttemptsOf(channel, 1000);

  EXPECT_EQ(attempts, 1000u + (1000u + warm_up) / 5);
}

TEST_F(RetriesTest, RetriesThatSucceedAreNotCounted) {
  const auto channel = ConnectTo(
      2, R"("retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "1s"})", kFourAttempts);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  for (int i = 0; i < 200; ++i) {
    const absl::StatusOr<EchoReply> reply = MakeCall(channel);
    ASSERT_TRUE(reply.ok()) << reply.status();
  }
}

TEST_F(RetriesTest, RetriesThatACancelPreventedAreNotCounted) {
  const auto channel = ConnectTo(
      1, R"("retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "10s"})", kRetryInAMinute);
  AllAnswerWith("UNAVAILABLE");

  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(CancelBeforeRetry(channel), ::grpc::StatusCode::CANCELLED);
  }
}

TEST_F(RetriesTest, ByDefaultThereIsABudget) {
  const auto channel = ConnectTo(2, "", kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  EXPECT_LE(AttemptsOf(channel, 1000), 1300u);
}

TEST_F(RetriesTest, TheBudgetHoldsForChannelsThatOnlyNameThePolicy) {
  StartFleet(1);
  ASSERT_TRUE(RegisterGrpcPlugins().ok());
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetServiceConfigJSON(absl::StrCat(
      R"({"loadBalancingConfig": [{"nines": {
           "outlierDetection": {"consecutiveFailures": 0},
           "retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"}}}], )",
      kFourAttempts, "}"));
  const auto channel = ::grpc::CreateCustomChannel(absl::StrCat("ipv4:", fleet_->addresses()[0]),
                                                   ::grpc::InsecureChannelCredentials(), arguments);
  WarmUp(channel);
  AllAnswerWith("UNAVAILABLE");

  const uint64_t attempts = AttemptsOf(channel, 100);

  EXPECT_LE(attempts, 100u + 60u);
  EXPECT_GT(attempts, 100u + 40u);
}

TEST_F(RetriesTest, ThereRetriesThatWereNotCountedAreNotGivenBack) {
  StartFleet(1);
  ASSERT_TRUE(RegisterGrpcPlugins().ok());
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetServiceConfigJSON(R"({"loadBalancingConfig": [{"nines": {
      "outlierDetection": {"consecutiveFailures": 0},
      "retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"}}}],
    "methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"]}}]})");
  const auto channel = ::grpc::CreateCustomChannel(absl::StrCat("ipv4:", fleet_->addresses()[0]),
                                                   ::grpc::InsecureChannelCredentials(), arguments);
  WarmUp(channel);
  AllAnswerWith("UNAVAILABLE");
  AttemptsOf(channel, 100);  // spends the budget

  AllAnswerWith("ABORTED");  // nobody's fault: tried again beside the budget
  EXPECT_EQ(AttemptsOf(channel, 20), 4u * 20u);
  AllAnswerWith("UNAVAILABLE");

  EXPECT_EQ(AttemptsOf(channel, 20), 20u);
}

TEST_F(RetriesTest, ARetryThatCannotBeginBeforeTheDeadlineIsNotWaitedFor) {
  const auto channel = ConnectTo(1, "", R"("methodConfig": [{
    "name": [{}],
    "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "20s", "maxBackoff": "20s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE"]}}])");
  AllAnswerWith("UNAVAILABLE");

  const absl::Time begin = absl::Now();
  const absl::Status status = MakeCall(channel, {.deadline = absl::Seconds(10)}).status();

  EXPECT_LT(absl::Now() - begin, absl::Seconds(9));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no time before the deadline"));
}

TEST_F(RetriesTest, NorIsAServersPushbackBeyondTheDeadline) {
  const auto channel = ConnectTo(2, "", kFourAttempts);
  for (size_t i = 0; i < fleet_->size(); ++i) {
    ASSERT_TRUE(
        fleet_->backend(i).AnswerWith("UNAVAILABLE", "grpc-retry-pushback-ms", "20000").ok());
  }

  const absl::Time begin = absl::Now();
  const absl::Status status = MakeCall(channel, {.deadline = absl::Seconds(10)}).status();

  EXPECT_LT(absl::Now() - begin, absl::Seconds(9));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(RetriesTest, NoRetryIsMadeThatCannotEndBeforeTheDeadline) {
  StartFleet(2);
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(fleet_->backend(i).AnswerAfter(absl::Seconds(2)).ok());
  }
  const auto channel = Connect(StaticTarget(), ConfigOf(R"("roundRobin": {})", kFourAttempts));
  WarmUp(channel);
  AllAnswerWith("UNAVAILABLE");
  const uint64_t before = AttemptsReceived();

  const absl::Status status = MakeCall(channel, {.deadline = absl::Milliseconds(450)}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no time before the deadline"));
  EXPECT_EQ(AttemptsReceived(), before + 1);
  EXPECT_EQ(AttemptsOf(channel, 1), 4u) << "with more time";
}

}  // namespace
}  // namespace nines::testing
