// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a program can read of a call's attempts: its trace, and the status of a call that failed.

#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/grpc_trace.h"
#include "testbed/echo_service.h"

namespace nines::testing {
namespace {

using testbed::Echo;
using testbed::EchoReply;
using testbed::EchoRequest;
using testbed::Eventually;
using testbed::MakeCall;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kServersWords[] = "as told by the testbed";

class TraceTest : public EndToEndTest {
 protected:
  std::shared_ptr<::grpc::Channel> ConnectTo(size_t backends, const std::string& method_config) {
    StartFleet(backends);
    auto channel = Connect(
        StaticTarget(),
        absl::StrCat(
            R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {"consecutiveFailures": 0}}}])",
            method_config.empty() ? "" : ", ", method_config, "}"));
    WarmUp(channel);
    return channel;
  }

  void AllAnswerWith(const std::string& code) {
    for (size_t i = 0; i < fleet_->size(); ++i) {
      ASSERT_TRUE(fleet_->backend(i).AnswerWith(code).ok());
    }
  }

  // A call that is traced; `reply` receives what came of it.
  static GrpcCallTrace TraceOf(const std::shared_ptr<::grpc::Channel>& channel,
                               testbed::EchoCall call = {},
                               absl::StatusOr<EchoReply>* reply = nullptr) {
    std::optional<GrpcCallTrace> trace;
    call.prepare = [&](::grpc::ClientContext& context) { trace = TraceCall(&context); };
    const absl::StatusOr<EchoReply> result = MakeCall(channel, call);
    if (reply != nullptr) *reply = result;
    return *trace;
  }
};

TEST_F(TraceTest, ACallThatSucceedsHasOneAttempt) {
  const auto channel = ConnectTo(1, "");

  const GrpcCallTrace trace = TraceOf(channel);
  const auto attempts = trace.attempts();

  EXPECT_EQ(trace.end(), CallEnd::kSucceeded);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_EQ(attempts[0].endpoint, fleet_->backend(0).address());
  EXPECT_EQ(attempts[0].status, absl::OkStatus());
  EXPECT_GT(attempts[0].duration, absl::ZeroDuration());
  EXPECT_EQ(attempts[0].next, "");
}

TEST_F(TraceTest, ACallThatIsTriedEverywhereHasAnAttemptForEach) {
  const auto channel = ConnectTo(4, kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  const GrpcCallTrace trace = TraceOf(channel);
  const auto attempts = trace.attempts();

  std::set<std::string> endpoints;
  for (const auto& attempt : attempts) {
    endpoints.insert(attempt.endpoint);
    EXPECT_EQ(attempt.status, absl::UnavailableError(kServersWords));
  }
  ASSERT_THAT(attempts, SizeIs(4));
  EXPECT_THAT(endpoints, SizeIs(4));
  EXPECT_EQ(attempts[0].next, "tried again at once, elsewhere");
  EXPECT_EQ(attempts[2].next, "tried again at once, elsewhere");
  EXPECT_EQ(attempts[3].next, "not tried again: attempts used up");
  EXPECT_EQ(attempts[0].reason, AttemptReason::kFirst);
  EXPECT_EQ(attempts[3].reason, AttemptReason::kFailure);
  EXPECT_EQ(trace.end(), CallEnd::kAttemptsUsedUp);
}

TEST_F(TraceTest, ARetryToTheSameEndpointWaits) {
  const auto channel = ConnectTo(1, kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  const auto attempts = TraceOf(channel).attempts();

  ASSERT_THAT(attempts, SizeIs(4));
  EXPECT_EQ(attempts[0].next, "tried again after a wait");
  EXPECT_EQ(attempts[1].reason, AttemptReason::kRepeat);
}

TEST_F(TraceTest, ACallThatFindsNoEndpointHasNoAttempt) {
  const auto channel = ConnectTo(1, kFourAttempts);
  ASSERT_TRUE(fleet_->backend(0).Kill().ok());
  ASSERT_TRUE(Eventually([&] { return !MakeCall(channel).ok(); }));

  EXPECT_THAT(TraceOf(channel).attempts(), SizeIs(0));
}

TEST_F(TraceTest, AnAttemptUnderWayAtTheDeadlineEndsAfterTheCall) {
  const auto channel = ConnectTo(1, "");
  ASSERT_TRUE(fleet_->backend(0).Hang().ok());

  const GrpcCallTrace trace = TraceOf(channel, {.deadline = absl::Milliseconds(100)});

  ASSERT_THAT(trace.attempts(), SizeIs(1));
  EXPECT_TRUE(Eventually([&] { return trace.attempts()[0].status.has_value(); }));
  EXPECT_EQ(trace.attempts()[0].status->code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(TraceTest, ATraceOutlivesItsChannel) {
  auto channel = ConnectTo(1, "");
  const GrpcCallTrace trace = TraceOf(channel);

  channel.reset();

  EXPECT_THAT(trace.attempts(), SizeIs(1));
}

TEST_F(TraceTest, ATraceThatIsDroppedIsNotWritten) {
  const auto channel = ConnectTo(1, "");

  const auto reply =
      MakeCall(channel, {.prepare = [](::grpc::ClientContext& context) { TraceCall(&context); }});

  EXPECT_TRUE(reply.ok()) << reply.status();
}

TEST_F(TraceTest, NothingOfItIsSent) {
  const auto channel = ConnectTo(1, "");
  absl::StatusOr<EchoReply> reply;

  TraceOf(channel, {.want_metadata = true}, &reply);

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(reply->metadata(), Not(Contains(Key(HasSubstr("nines")))));
}

TEST_F(TraceTest, WhatTheServerSaysIsLeftAlone) {
  const auto channel = ConnectTo(2, kFourAttempts);
  AllAnswerWith("NOT_FOUND");

  EXPECT_EQ(MakeCall(channel).status(), absl::NotFoundError(kServersWords));
}

TEST_F(TraceTest, SoIsAStatusThatTheMethodDoesNotRetry) {
  const auto channel = ConnectTo(2, "");
  AllAnswerWith("UNAVAILABLE");

  EXPECT_EQ(MakeCall(channel).status(), absl::UnavailableError(kServersWords));
}

TEST_F(TraceTest, AStatusThatIsNotRetriedIsLeftAloneAfterRetriesToo) {
  const auto channel = ConnectTo(2, kFourAttempts);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());
  ASSERT_TRUE(fleet_->backend(1).AnswerWith("NOT_FOUND").ok());

  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(MakeCall(channel).status(), absl::NotFoundError(kServersWords));
  }
}

TEST_F(TraceTest, ACallThatFailsEverywhereNamesItsAttempts) {
  const auto channel = ConnectTo(2, kFourAttempts);
  AllAnswerWith("UNAVAILABLE");

  const absl::Status status = MakeCall(channel).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(::testing::StartsWith(absl::StrCat(kServersWords, " (nines: 4 attempts: ")),
                    HasSubstr(absl::StrCat(fleet_->backend(0).address(), " UNAVAILABLE after ")),
                    HasSubstr(absl::StrCat(fleet_->backend(1).address(), " UNAVAILABLE after ")),
                    ::testing::EndsWith("; not tried again: attempts used up)")));
}

TEST_F(TraceTest, ADeadlineNamesTheEndpointThatHangs) {
  const auto channel = ConnectTo(1, "");
  ASSERT_TRUE(fleet_->backend(0).Hang().ok());

  const absl::Status status = MakeCall(channel, {.deadline = absl::Milliseconds(100)}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()),
              AllOf(::testing::StartsWith("Deadline Exceeded (nines: "),
                    HasSubstr(absl::StrCat(fleet_->backend(0).address(), " no end after "))));
}

TEST_F(TraceTest, ABrokenConnectionNamesItsEndpoint) {
  const auto channel = ConnectTo(1, "");

  const absl::Status status = MakeCall(channel, {.message = testbed::kDeadlyMessage}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("(nines: ", fleet_->backend(0).address(), " UNAVAILABLE")));
}

TEST_F(TraceTest, TheCallersOwnCancelIsLeftAlone) {
  const auto channel = ConnectTo(1, "");
  EchoReply reply;
  ::grpc::ClientContext context;
  context.TryCancel();

  const ::grpc::Status status = Echo::NewStub(channel)->Unary(&context, EchoRequest(), &reply);

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::CANCELLED);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("nines")));
}

TEST_F(TraceTest, TrailersAreTheServersOnly) {
  const auto channel = ConnectTo(2, kFourAttempts);
  AllAnswerWith("UNAVAILABLE");
  EchoReply reply;
  ::grpc::ClientContext context;

  EXPECT_FALSE(Echo::NewStub(channel)->Unary(&context, EchoRequest(), &reply).ok());

  EXPECT_THAT(context.GetServerTrailingMetadata(), Not(Contains(Key("grpc-retry-pushback-ms"))));
}

}  // namespace
}  // namespace nines::testing
