// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Which retries are made: within the budget, within the deadline, by the method's own config, and
// of streams as long as nothing was delivered.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "testbed/echo_service.h"

namespace nines::testing {
namespace {

using testbed::Echo;
using testbed::EchoReply;
using testbed::EchoRequest;
using testbed::MakeCall;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RetriesTest : public EndToEndTest {
 protected:
  std::shared_ptr<::grpc::Channel> ConnectTo(size_t backends, const std::string& nines_config,
                                             const std::string& method_config) {
    StartFleet(backends);
    const std::string separator = nines_config.empty() ? "" : ", ";
    auto channel =
        Connect(StaticTarget(), absl::StrCat(R"({"loadBalancingConfig": [{"nines": {
                          "outlierDetection": {"consecutiveFailures": 0})",
                                             separator, nines_config, "}}], ", method_config, "}"));
    WarmUp(channel);
    return channel;
  }

  void AllAnswerWith(const std::string& code) {
    for (size_t i = 0; i < fleet_->size(); ++i) {
      ASSERT_TRUE(fleet_->backend(i).AnswerWith(code).ok());
    }
  }

  uint64_t AttemptsReceived() {
    uint64_t calls = 0;
    for (size_t i = 0; i < fleet_->size(); ++i) {
      calls += fleet_->backend(i).CallsReceived().value_or(0);
    }
    return calls;
  }

  // How many attempts reach the backends while `calls` calls are made.
  uint64_t AttemptsOf(const std::shared_ptr<::grpc::Channel>& channel, int calls) {
    const uint64_t before = AttemptsReceived();
    for (int i = 0; i < calls; ++i) MakeCall(channel).IgnoreError();
    return AttemptsReceived() - before;
  }
};

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
  EXPECT_THAT(std::string(status.message()), HasSubstr("the retry budget is spent"));
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
  EXPECT_THAT(std::string(status.message()), HasSubstr("the deadline is too near"));
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

class StreamRetriesTest : public RetriesTest {
 protected:
  void SetUp() override {
    RetriesTest::SetUp();
    channel_ = ConnectTo(2, R"("retryBudget": {"percent": 100})", kFourAttempts);
    stub_ = Echo::NewStub(channel_);
  }

  static EchoRequest RequestOf(const std::string& message) {
    EchoRequest request;
    request.set_message(message);
    return request;
  }

  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<Echo::Stub> stub_;
};

TEST_F(StreamRetriesTest, AStreamIsTriedElsewhereBeforeItsFirstMessage) {
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  std::set<uint32_t> previous_attempts;
  for (int i = 0; i < 30; ++i) {
    ::grpc::ClientContext context;
    const auto stream = stub_->Stream(&context);
    EchoReply reply;
    ASSERT_TRUE(stream->Write(RequestOf("one")));
    ASSERT_TRUE(stream->Read(&reply));
    previous_attempts.insert(reply.previous_attempts());
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }

  EXPECT_THAT(previous_attempts, ::testing::ElementsAre(0, 1));
}

TEST_F(StreamRetriesTest, TheMessagesSentBeforeAreSentAgain) {
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  for (int i = 0; i < 20; ++i) {
    ::grpc::ClientContext context;
    const auto stream = stub_->Stream(&context);
    for (const char* message : {"one", "two", "three"}) stream->Write(RequestOf(message));
    stream->WritesDone();
    std::vector<std::string> replies;
    for (EchoReply reply; stream->Read(&reply);) replies.push_back(reply.message());
    ASSERT_TRUE(stream->Finish().ok());
    EXPECT_THAT(replies, ::testing::ElementsAre("one", "two", "three"));
  }
}

TEST_F(StreamRetriesTest, OnceAMessageWasDeliveredNothingIsTriedAgain) {
  ::grpc::ClientContext context;
  const GrpcCallTrace trace = TraceCall(&context);
  const auto stream = stub_->Stream(&context);
  EchoReply reply;
  ASSERT_TRUE(stream->Write(RequestOf("one")));
  ASSERT_TRUE(stream->Read(&reply));

  ASSERT_TRUE(BackendNamed(reply.backend()).Kill().ok());
  EXPECT_FALSE(stream->Read(&reply));
  const ::grpc::Status status = stream->Finish();

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(trace.attempts(), ::testing::SizeIs(1));
}

// gRPC matches the names; these say that nines leaves that to it.
class MethodNamesTest : public RetriesTest {
 protected:
  static std::string Policy(const std::string& name, int attempts) {
    return absl::StrCat(R"({"name": [)", name, R"(], "retryPolicy": {"maxAttempts": )", attempts,
                        R"(, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
                           "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}})");
  }
  uint64_t AttemptsWith(const std::string& policies) {
    const auto channel = ConnectTo(2, "", absl::StrCat(R"("methodConfig": [)", policies, "]"));
    AllAnswerWith("UNAVAILABLE");
    return AttemptsOf(channel, 1);
  }

  const std::string method_ = R"({"service": "nines.testbed.Echo", "method": "Unary"})";
  const std::string other_method_ = R"({"service": "nines.testbed.Echo", "method": "Stream"})";
  const std::string service_ = R"({"service": "nines.testbed.Echo"})";
  const std::string other_service_ = R"({"service": "nines.testbed.Other"})";
  const std::string default_ = "{}";
};

TEST_F(MethodNamesTest, AMethodsOwnConfigComesFirst) {
  EXPECT_EQ(AttemptsWith(absl::StrCat(Policy(default_, 4), ", ", Policy(service_, 3), ", ",
                                      Policy(method_, 2))),
            2u);
}

TEST_F(MethodNamesTest, ThenItsServices) {
  EXPECT_EQ(AttemptsWith(absl::StrCat(Policy(default_, 4), ", ", Policy(other_method_, 2), ", ",
                                      Policy(service_, 3))),
            3u);
}

TEST_F(MethodNamesTest, ThenTheDefault) {
  EXPECT_EQ(AttemptsWith(absl::StrCat(Policy(other_service_, 2), ", ", Policy(default_, 4))), 4u);
}

TEST_F(MethodNamesTest, ElseThereIsNoRetry) {
  EXPECT_EQ(AttemptsWith(Policy(other_service_, 2)), 1u);
}

}  // namespace
}  // namespace nines::testing
