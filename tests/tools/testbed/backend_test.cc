// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The testbed's own promises: a fault is there when the call that makes it returns, and gone when
// the call that heals it does.

#include "testbed/backend.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testbed/echo_client.h"
#include "testbed/fleet.h"

namespace nines::testbed {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class BackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(1);
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    fleet_ = *std::move(fleet);
    channel_ = Connect();
    ASSERT_TRUE(MakeCall(channel_).ok());
  }

  /// A channel with connections of its own.
  std::shared_ptr<::grpc::Channel> Connect() {
    ::grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return ::grpc::CreateCustomChannel(backend().address(), ::grpc::InsecureChannelCredentials(),
                                       arguments);
  }

  Backend& backend() { return fleet_->backend(0); }

  absl::StatusCode CallCode(absl::Duration deadline = absl::Seconds(5)) {
    return MakeCall(channel_, {.deadline = deadline}).status().code();
  }

  std::unique_ptr<Fleet> fleet_;
  std::shared_ptr<::grpc::Channel> channel_;
};

TEST_F(BackendTest, EchoesAndSaysWhoItIs) {
  const absl::StatusOr<EchoReply> reply =
      MakeCall(channel_, {.message = "hello", .want_metadata = true, .prepare = [](auto& context) {
                            context.AddMetadata("x-color", "blue");
                          }});

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->message(), "hello");
  EXPECT_EQ(reply->backend(), "b1");
  EXPECT_EQ(reply->address(), backend().address());
  EXPECT_EQ(reply->authority(), backend().address());
  EXPECT_EQ(reply->previous_attempts(), 0u);
  EXPECT_THAT(reply->metadata(), Contains(Pair("x-color", "blue")));
}

TEST_F(BackendTest, AnswersWithTheStatusItIsTold) {
  ASSERT_TRUE(backend().AnswerWith("RESOURCE_EXHAUSTED").ok());
  EXPECT_EQ(CallCode(), absl::StatusCode::kResourceExhausted);

  ASSERT_TRUE(backend().AnswerOk().ok());
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
}

TEST_F(BackendTest, AnswersAShareOfTheCallsWithTheStatusItIsTold) {
  ASSERT_TRUE(backend().AnswerWith("NOT_FOUND", 50).ok());

  uint64_t not_found = 0;
  for (int i = 0; i < 200; ++i) not_found += CallCode() == absl::StatusCode::kNotFound ? 1 : 0;

  EXPECT_GT(not_found, 50u);  // seven deviations from the mean
  EXPECT_LT(not_found, 150u);
  EXPECT_EQ(backend().CallsFailed().value_or(0), not_found);
}

TEST_F(BackendTest, RefusesACommandItDoesNotKnow) {
  EXPECT_EQ(backend().AnswerWith("NO_SUCH_CODE").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(backend().AnswerWith("NOT_FOUND", 101).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BackendTest, IsAsSlowAsItIsTold) {
  ASSERT_TRUE(backend().AnswerAfter(absl::Milliseconds(50)).ok());
  const absl::Time start = absl::Now();

  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);

  EXPECT_GE(absl::Now() - start, absl::Milliseconds(50));
}

TEST_F(BackendTest, IsSlowForTheShareOfCallsItIsTold) {
  constexpr int kCalls = 40;
  ASSERT_TRUE(backend().AnswerAfter(absl::Milliseconds(100), 50).ok());

  int slow = 0;
  for (int i = 0; i < kCalls; ++i) {
    const absl::Time start = absl::Now();
    ASSERT_EQ(CallCode(), absl::StatusCode::kOk);
    slow += absl::Now() - start >= absl::Milliseconds(100) ? 1 : 0;
  }

  EXPECT_GT(slow, 0);
  EXPECT_LT(slow, kCalls);
  EXPECT_EQ(backend().AnswerAfter(absl::Milliseconds(1), 101).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(BackendTest, RefusesConnectionsWhileItIsKilled) {
  ASSERT_TRUE(backend().Kill().ok());
  EXPECT_EQ(MakeCall(Connect()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(backend().Kill().code(), absl::StatusCode::kFailedPrecondition);

  ASSERT_TRUE(backend().Restart().ok());
  EXPECT_TRUE(MakeCall(Connect()).ok());
}

TEST_F(BackendTest, AnswersNothingWhileItHangs) {
  ASSERT_TRUE(backend().Hang().ok());
  EXPECT_EQ(CallCode(absl::Milliseconds(100)), absl::StatusCode::kDeadlineExceeded);

  ASSERT_TRUE(backend().Resume().ok());
  EXPECT_EQ(CallCode(), absl::StatusCode::kOk);
}

TEST_F(BackendTest, CountsTheCallsItReceived) {
  const absl::StatusOr<uint64_t> before = backend().CallsReceived();
  ASSERT_TRUE(before.ok()) << before.status();

  ASSERT_TRUE(MakeCall(channel_).ok());

  const absl::StatusOr<uint64_t> after = backend().CallsReceived();
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(*after, *before + 1);
}

TEST_F(BackendTest, DoesNotShareItsPort) {
  const absl::StatusOr<std::unique_ptr<Backend>> second =
      Backend::Start({.name = "second", .address = backend().address()});

  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST(FleetTest, HasOneBackendPerHostOnOnePort) {
  const absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(3);
  ASSERT_TRUE(fleet.ok()) << fleet.status();

  EXPECT_THAT((*fleet)->hosts(), ::testing::ElementsAre("127.0.0.2", "127.0.0.3", "127.0.0.4"));
  EXPECT_EQ((*fleet)->backend(2).name(), "b3");
  EXPECT_EQ((*fleet)->addresses()[2], (*fleet)->backend(2).address());
}

}  // namespace
}  // namespace nines::testbed
