// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The request as hash key survives retries: each attempt of a call has the same key, and goes to
// the next candidate in that key's order.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "e2e_retry_fixture.h"
#include "gmock/gmock.h"
#include "nines/grpc_trace.h"

namespace nines::testing {
namespace {

using testbed::EchoCall;
using testbed::EchoReply;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kByContent[] =
    R"("hash": {"keys": [{"requestContent": {}}]}, "retryBudget": {"percent": 400})";

class ContentKeyTest : public RetriesTest {
 protected:
  void SetUp() override {
    RetriesTest::SetUp();
    StartFleet(5);
    channel_ = ConnectToAll();
  }

  /// A channel of which no candidate is passed over because it is not connected yet.
  std::shared_ptr<::grpc::Channel> ConnectToAll() {
    auto channel = Connect(StaticTarget(), ConfigOf(kByContent, kFourAttempts));
    EXPECT_TRUE(testbed::Eventually([&] {
      testbed::MakeCall(channel).IgnoreError();
      size_t healthy = 0;
      for (const EndpointStatus& status : Endpoints(channel)) {
        if (status.state == HealthState::kHealthy) ++healthy;
      }
      return healthy == fleet_->size();
    }));
    return channel;
  }

  /// Where the attempts of a call with this message went, in their order.
  static std::vector<std::string> WayOf(const std::shared_ptr<::grpc::Channel>& channel,
                                        const std::string& message) {
    std::optional<GrpcCallTrace> trace;
    EchoCall call{.message = message};
    call.prepare = [&](::grpc::ClientContext& context) { trace = TraceCall(&context); };
    testbed::MakeCall(channel, call).IgnoreError();
    std::vector<std::string> way;
    for (const GrpcCallTrace::Attempt& attempt : trace->attempts()) way.push_back(attempt.endpoint);
    return way;
  }

  EchoReply ReplyTo(const EchoCall& call) {
    const absl::StatusOr<EchoReply> reply = testbed::MakeCall(channel_, call);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or(EchoReply());
  }

  std::shared_ptr<::grpc::Channel> channel_;
};

TEST_F(ContentKeyTest, EachAttemptGoesToTheRequestsNextCandidate) {
  const auto other_channel = ConnectToAll();
  AllAnswerWith("UNAVAILABLE");

  std::set<std::string> ways;
  for (int i = 0; i < 30; ++i) {
    const std::string message = absl::StrCat("message ", i);
    const std::vector<std::string> way = WayOf(channel_, message);
    EXPECT_THAT(std::set<std::string>(way.begin(), way.end()), SizeIs(4)) << "all different";
    for (int again = 0; again < 5; ++again) EXPECT_EQ(WayOf(channel_, message), way);
    EXPECT_EQ(WayOf(other_channel, message), way);
    ways.insert(absl::StrJoin(way, " "));
  }

  // Of 120; were only the first attempt's place drawn by the key, there were five.
  EXPECT_GT(ways.size(), 15u);
}

TEST_F(ContentKeyTest, ARetryGoesWhereItsCallsGoWhileTheirFirstPlaceIsDown) {
  const EchoCall call{.message = "what is 2 + 2?"};
  const std::string home = ReplyTo(call).backend();

  ASSERT_TRUE(BackendNamed(home).AnswerWith("UNAVAILABLE").ok());
  const EchoReply retried = ReplyTo(call);
  ASSERT_TRUE(BackendNamed(home).Kill().ok());
  EXPECT_TRUE(testbed::Eventually([&] { return ReplyTo(call).previous_attempts() == 0; }));

  EXPECT_EQ(retried.previous_attempts(), 1u);
  EXPECT_EQ(ReplyTo(call).backend(), retried.backend());
}

TEST_F(ContentKeyTest, TheKeyIsNotSentWithARetry) {
  const EchoCall call{.message = "what is 2 + 2?", .want_metadata = true};
  ASSERT_TRUE(BackendNamed(ReplyTo(call).backend()).AnswerWith("UNAVAILABLE").ok());

  const EchoReply retried = ReplyTo(call);

  EXPECT_EQ(retried.previous_attempts(), 1u);
  EXPECT_THAT(retried.metadata(), Not(Contains(Key(HasSubstr("nines")))));
}

TEST_F(ContentKeyTest, TheRequestOfAServerStreamIsAKeyThatSurvivesToo) {
  AllAnswerWith("UNAVAILABLE");
  const std::vector<std::string> way = WayOf(channel_, "a b");
  const auto stub = testbed::Echo::NewStub(channel_);
  testbed::EchoRequest request;
  request.set_message("a b");
  ::grpc::ClientContext context;
  const GrpcCallTrace trace = TraceCall(&context);

  EchoReply reply;
  EXPECT_FALSE(stub->ServerStream(&context, request)->Read(&reply));

  ASSERT_THAT(trace.attempts(), SizeIs(way.size()));
  for (size_t i = 0; i < way.size(); ++i) EXPECT_EQ(trace.attempts()[i].endpoint, way[i]);
}

}  // namespace
}  // namespace nines::testing
