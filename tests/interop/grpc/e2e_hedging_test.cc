// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Calls that are made a second time because the first attempt is slow.

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/grpc_hedging.h"
#include "testbed/echo_service.h"

namespace nines::testing {
namespace {

using testbed::Echo;
using testbed::EchoReply;
using testbed::EchoRequest;
using testbed::Eventually;
using ::testing::HasSubstr;

class HedgingTest : public EndToEndTest {
 protected:
  // All calls with `key` go to one backend first, which is returned.
  static constexpr char kKey[] = "some key";

  // `balancing` and `more` are added to the policy's config and to the service config.
  void ConnectTo(size_t backends, const std::string& balancing = "", const std::string& more = "") {
    StartFleet(backends);
    channel_ = Connect(StaticTarget(), absl::StrCat(R"({"loadBalancingConfig": [{"nines": {
        "hash": {}, "outlierDetection": {"consecutiveFailures": 0})",
                                                    balancing, "}}]", more, "}"));
    WarmUp(channel_);
    stub_ = Echo::NewStub(channel_);
    home_ = *BackendsOf(channel_, 1, WithHashKey(kKey)).begin();
  }

  void MakeMethod(const HedgingPolicy& policy) {
    auto method = HedgedMethod::Create(channel_, policy);
    ASSERT_TRUE(method.ok()) << method.status();
    method_ = *std::move(method);
  }

  ::grpc::Status Call(EchoReply* reply, absl::Duration deadline = absl::Seconds(10)) {
    EchoRequest request;
    request.set_message("hello");
    return HedgedUnaryCall<EchoReply>(
        *method_, absl::Now() + deadline, reply,
        [&](::grpc::ClientContext* context, EchoReply* to, HedgedMethod::Done done) {
          starts_.fetch_add(1);
          SetHashKey(context, kKey);
          stub_->async()->Unary(context, &request, to, std::move(done));
        });
  }

  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<Echo::Stub> stub_;
  std::unique_ptr<HedgedMethod> method_;
  std::string home_;
  std::atomic<int> starts_{0};
};

TEST_F(HedgingTest, ASlowAttemptIsOvertakenElsewhere) {
  ConnectTo(3);
  MakeMethod({.hedging_delay = absl::Milliseconds(20)});
  ASSERT_TRUE(BackendNamed(home_).Hang().ok());
  EchoReply reply;

  const ::grpc::Status status = Call(&reply);

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(reply.backend(), home_);
  EXPECT_EQ(reply.message(), "hello");
}

TEST_F(HedgingTest, AFastCallIsMadeOnce) {
  ConnectTo(3);
  MakeMethod({.hedging_delay = absl::Seconds(5)});
  EchoReply reply;

  EXPECT_TRUE(Call(&reply).ok());

  EXPECT_EQ(starts_, 1);
  EXPECT_EQ(reply.backend(), home_);
}

TEST_F(HedgingTest, TheLosersAreCancelled) {
  ConnectTo(2);
  MakeMethod({.hedging_delay = absl::Milliseconds(20)});
  ASSERT_TRUE(BackendNamed(home_).Hang().ok());
  EchoReply reply;

  ASSERT_TRUE(Call(&reply).ok());

  // Its lease is back: the endpoint has no calls in flight, though it never answered.
  EXPECT_TRUE(Eventually([&] {
    for (const EndpointStatus& endpoint : Endpoints(channel_)) {
      if (endpoint.in_flight != 0) return false;
    }
    return true;
  }));
}

TEST_F(HedgingTest, WhoLosesEveryCallIsEjected) {
  ConnectTo(3, R"(, "retryBudget": {"percent": 400})");
  MakeMethod({.hedging_delay = absl::Milliseconds(5)});
  ASSERT_TRUE(BackendNamed(home_).Hang().ok());
  std::string reason;

  EXPECT_TRUE(Eventually([&] {
    EchoReply reply;
    EXPECT_TRUE(Call(&reply).ok());
    for (const EndpointStatus& endpoint : Endpoints(channel_)) {
      if (endpoint.state == HealthState::kEjected) reason = endpoint.reason;
    }
    return !reason.empty();
  }));

  EXPECT_THAT(reason, HasSubstr("answered before another endpoint did"));
}

TEST_F(HedgingTest, EachAttemptHasAnEndpointOfItsOwn) {
  ConnectTo(3);
  MakeMethod({.max_attempts = 3, .hedging_delay = absl::Milliseconds(20)});
  for (size_t i = 0; i < fleet_->size(); ++i) {
    ASSERT_TRUE(fleet_->backend(i).AnswerAfter(absl::Seconds(1)).ok());
  }
  std::vector<uint64_t> before;
  for (size_t i = 0; i < 3; ++i) before.push_back(*fleet_->backend(i).CallsReceived());
  EchoReply reply;

  ASSERT_TRUE(Call(&reply).ok());

  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(*fleet_->backend(i).CallsReceived(), before[i] + 1);
}

TEST_F(HedgingTest, ASlowEndpointIsNotAskedTwiceAtATime) {
  ConnectTo(1);
  MakeMethod({.hedging_delay = absl::Milliseconds(5)});
  ASSERT_TRUE(fleet_->backend(0).AnswerAfter(absl::Milliseconds(100)).ok());
  EchoReply reply;

  EXPECT_TRUE(Call(&reply).ok());

  EXPECT_EQ(starts_, 1);
}

TEST_F(HedgingTest, AServerThatSaysStopEndsTheCall) {
  ConnectTo(2);
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  ASSERT_TRUE(BackendNamed(home_).AnswerWith("UNAVAILABLE", "grpc-retry-pushback-ms", "-1").ok());
  EchoReply reply;

  EXPECT_EQ(Call(&reply).error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(starts_, 1);
}

TEST_F(HedgingTest, AServerThatAsksForTimeGetsIt) {
  ConnectTo(2);
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  ASSERT_TRUE(BackendNamed(home_).AnswerWith("UNAVAILABLE", "grpc-retry-pushback-ms", "200").ok());
  EchoReply reply;
  const absl::Time begin = absl::Now();

  EXPECT_TRUE(Call(&reply).ok());

  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(200));
  EXPECT_NE(reply.backend(), home_);
}

TEST_F(HedgingTest, FailuresTakeTheChannelsTokens) {
  ConnectTo(2, "", R"(, "retryThrottling": {"maxTokens": 4, "tokenRatio": 0.1})");
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  for (size_t i = 0; i < 2; ++i) ASSERT_TRUE(fleet_->backend(i).AnswerWith("UNAVAILABLE").ok());
  EchoReply reply;

  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Call(&reply).ok());

  EXPECT_EQ(starts_, 10 + 1) << "after two failures half of the tokens are left";
}

TEST_F(HedgingTest, ACallAfterItsDeadlineIsNotMade) {
  ConnectTo(1);
  MakeMethod({.hedging_delay = absl::ZeroDuration()});
  EchoReply reply;

  const ::grpc::Status status = Call(&reply, absl::Seconds(-1));

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(starts_, 0);
}

TEST_F(HedgingTest, ANonFatalFailureIsTriedElsewhereAtOnce) {
  ConnectTo(2);
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  ASSERT_TRUE(BackendNamed(home_).AnswerWith("UNAVAILABLE").ok());
  EchoReply reply;

  const ::grpc::Status status = Call(&reply);

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(reply.backend(), home_);
}

TEST_F(HedgingTest, AFatalFailureEndsTheCall) {
  ConnectTo(2);
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  ASSERT_TRUE(BackendNamed(home_).AnswerWith("NOT_FOUND").ok());
  EchoReply reply;

  EXPECT_EQ(Call(&reply).error_code(), ::grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(starts_, 1);
}

TEST_F(HedgingTest, WhenAllFailTheLastFailureIsTheCalls) {
  ConnectTo(2);
  MakeMethod(
      {.hedging_delay = absl::Seconds(9), .non_fatal_codes = {absl::StatusCode::kUnavailable}});
  for (size_t i = 0; i < 2; ++i) ASSERT_TRUE(fleet_->backend(i).AnswerWith("UNAVAILABLE").ok());
  EchoReply reply;

  EXPECT_EQ(Call(&reply).error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(starts_, 2);
}

TEST_F(HedgingTest, TheDeadlineEndsAllAttempts) {
  ConnectTo(2);
  MakeMethod({.hedging_delay = absl::Milliseconds(10)});
  for (size_t i = 0; i < 2; ++i) ASSERT_TRUE(fleet_->backend(i).Hang().ok());
  EchoReply reply;

  const ::grpc::Status status = Call(&reply, absl::Milliseconds(200));

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(HedgingTest, HedgesStayWithinTheBudget) {
  ConnectTo(2, R"(, "retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "3s"})");
  MakeMethod({.hedging_delay = absl::ZeroDuration()});
  // Or the first attempt may end before there is a second.
  ASSERT_TRUE(BackendNamed(home_).AnswerAfter(absl::Milliseconds(20)).ok());
  EchoReply reply;

  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Call(&reply).ok());

  EXPECT_EQ(starts_, 20 + 3);
}

TEST_F(HedgingTest, ItLearnsHowLongToWait) {
  ConnectTo(2);
  MakeMethod({.adaptive_quantile = 0.9});
  EchoReply reply;
  ASSERT_EQ(method_->delay(), absl::InfiniteDuration());

  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Call(&reply).ok());

  EXPECT_LT(method_->delay(), absl::Seconds(1));
}

TEST_F(HedgingTest, ManyThreadsMayCallWhileBackendsHangAndReturn) {
  ConnectTo(3, R"(, "retryBudget": {"percent": 100})");
  MakeMethod({.hedging_delay = absl::Milliseconds(5)});
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      EchoReply reply;
      for (int i = 0; i < 200; ++i) failed.fetch_add(Call(&reply).ok() ? 0 : 1);
    });
  }

  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(BackendNamed(home_).Hang().ok());
    const int enough = starts_ + 100;
    EXPECT_TRUE(Eventually([&] { return starts_ >= enough || starts_ >= 1600; }));
    EXPECT_TRUE(BackendNamed(home_).Resume().ok());
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failed, 0);
}

TEST_F(HedgingTest, WrongPoliciesAreRefused) {
  ConnectTo(1);
  const auto message_of = [&](const HedgingPolicy& policy) {
    return std::string(HedgedMethod::Create(channel_, policy).status().message());
  };

  EXPECT_THAT(message_of({.max_attempts = 1}), HasSubstr("max_attempts 1"));
  EXPECT_THAT(message_of({.max_attempts = 6}), HasSubstr("max_attempts 6"));
  EXPECT_THAT(message_of({.hedging_delay = absl::Seconds(-1)}), HasSubstr("hedging_delay -1s"));
  EXPECT_THAT(message_of({.adaptive_quantile = 1}), HasSubstr("adaptive_quantile 1"));
}

TEST_F(HedgingTest, AChannelOfGrpcsOwnIsRefused) {
  const auto channel =
      ::grpc::CreateChannel("ipv4:127.0.0.1:1", ::grpc::InsecureChannelCredentials());

  EXPECT_EQ(HedgedMethod::Create(channel, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nines::testing
