// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Streams of all kinds are tried elsewhere, and only as long as nothing was delivered.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "e2e_retry_fixture.h"
#include "gmock/gmock.h"
#include "nines/grpc_trace.h"
#include "testbed/echo_service.h"

namespace nines::testing {
namespace {

using testbed::Echo;
using testbed::EchoReply;
using testbed::EchoRequest;
using ::testing::ElementsAre;
using ::testing::SizeIs;

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

  /// The backend at `peer`, "ipv4:127.0.0.2:50051", and the other of the two.
  testbed::Backend& At(const std::string& peer) {
    return fleet_->backend(absl::EndsWith(peer, fleet_->backend(0).address()) ? 0 : 1);
  }
  testbed::Backend& OtherThan(const std::string& peer) {
    return fleet_->backend(absl::EndsWith(peer, fleet_->backend(0).address()) ? 1 : 0);
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
    // It may say false of a call that goes on elsewhere, with the message: docs/grpc.md.
    stream->Write(RequestOf("one"));
    ASSERT_TRUE(stream->Read(&reply));
    previous_attempts.insert(reply.previous_attempts());
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }

  EXPECT_THAT(previous_attempts, ElementsAre(0, 1));
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
    EXPECT_THAT(replies, ElementsAre("one", "two", "three"));
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
  EXPECT_THAT(trace.attempts(), SizeIs(1));
}

TEST_F(StreamRetriesTest, AClientStreamIsTriedElsewhereBeforeItsAnswer) {
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  std::set<uint32_t> previous_attempts;
  for (int i = 0; i < 30; ++i) {
    ::grpc::ClientContext context;
    EchoReply reply;
    const auto stream = stub_->ClientStream(&context, &reply);
    for (const char* message : {"one", "two", "three"}) stream->Write(RequestOf(message));
    stream->WritesDone();
    ASSERT_TRUE(stream->Finish().ok());
    EXPECT_EQ(reply.message(), "one two three");
    previous_attempts.insert(reply.previous_attempts());
  }

  EXPECT_THAT(previous_attempts, ElementsAre(0, 1));
}

TEST_F(StreamRetriesTest, OnceItsAnswerHasBegunAClientStreamIsNotTriedAgain) {
  const uint64_t before = AttemptsReceived();
  ::grpc::ClientContext context;
  const GrpcCallTrace trace = TraceCall(&context);
  EchoReply reply;
  const auto stream = stub_->ClientStream(&context, &reply);
  ASSERT_TRUE(stream->Write(RequestOf("one")));
  stream->WaitForInitialMetadata();
  ASSERT_EQ(AttemptsReceived(), before + 1);

  testbed::Backend& other = OtherThan(context.peer());
  const uint64_t calls_of_other = *other.CallsReceived();
  ASSERT_TRUE(At(context.peer()).Kill().ok());
  const ::grpc::Status status = stream->Finish();

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(trace.attempts(), SizeIs(1));
  EXPECT_EQ(*other.CallsReceived(), calls_of_other);
}

TEST_F(StreamRetriesTest, AServerStreamIsTriedElsewhereBeforeItsFirstMessage) {
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  std::set<uint32_t> previous_attempts;
  for (int i = 0; i < 30; ++i) {
    ::grpc::ClientContext context;
    const auto stream = stub_->ServerStream(&context, RequestOf("one two three"));
    std::vector<std::string> replies;
    for (EchoReply reply; stream->Read(&reply);) {
      replies.push_back(reply.message());
      previous_attempts.insert(reply.previous_attempts());
    }
    ASSERT_TRUE(stream->Finish().ok());
    EXPECT_THAT(replies, ElementsAre("one", "two", "three"));
  }

  EXPECT_THAT(previous_attempts, ElementsAre(0, 1));
}

TEST_F(StreamRetriesTest, SoIsOneWhoseConnectionBreaksBeforeIt) {
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(fleet_->backend(i).AnswerAfter(kPatience).ok());
  }
  const uint64_t calls_of_first = *fleet_->backend(0).CallsReceived();
  const uint64_t before = AttemptsReceived();
  ::grpc::ClientContext context;
  const auto stream = stub_->ServerStream(&context, RequestOf("one"));
  ASSERT_TRUE(testbed::Eventually([&] { return AttemptsReceived() == before + 1; }));
  const size_t reached = *fleet_->backend(0).CallsReceived() == calls_of_first ? 1 : 0;

  ASSERT_TRUE(fleet_->backend(1 - reached).AnswerOk().ok());
  ASSERT_TRUE(fleet_->backend(reached).Kill().ok());

  EchoReply reply;
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(reply.backend(), fleet_->backend(1 - reached).name());
  EXPECT_EQ(reply.previous_attempts(), 1u);
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamRetriesTest, OnceAMessageWasDeliveredAServerStreamIsNotTriedAgain) {
  EchoRequest request = RequestOf("one");
  request.set_stay_open(true);
  ::grpc::ClientContext context;
  const GrpcCallTrace trace = TraceCall(&context);
  const auto stream = stub_->ServerStream(&context, request);
  EchoReply reply;
  ASSERT_TRUE(stream->Read(&reply));

  testbed::Backend& other = OtherThan(context.peer());
  const uint64_t calls_of_other = *other.CallsReceived();
  ASSERT_TRUE(BackendNamed(reply.backend()).Kill().ok());
  EXPECT_FALSE(stream->Read(&reply));
  const ::grpc::Status status = stream->Finish();

  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(trace.attempts(), SizeIs(1));
  EXPECT_EQ(*other.CallsReceived(), calls_of_other);
}

}  // namespace
}  // namespace nines::testing
