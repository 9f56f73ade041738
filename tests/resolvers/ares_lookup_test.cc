// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ares_lookup.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "resolvers/look_up.h"
#include "support/gate.h"
#include "testbed/fake_name_server.h"

namespace nines {
namespace {

using testbed::DnsCode;
using testbed::DnsType;
using testbed::FakeNameServer;
using testbed::FakeRecord;
using testbed::FakeReply;
using ::testing::Contains;
using ::testing::ElementsAre;

FakeReply Silence() { return {FakeReply::Kind::kSilence, DnsCode::kOk, {}}; }
FakeReply Error(DnsCode code) { return {FakeReply::Kind::kAnswer, code, {}}; }
FakeReply Records(std::vector<FakeRecord> records) {
  return {FakeReply::Kind::kAnswer, DnsCode::kOk, std::move(records)};
}

class AresLookupTest : public ::testing::Test {
 protected:
  AresLookupTest() {
    // Times out only where a test is about that.
    options_.host = "greeter.test";
    options_.server = server_.address();
    options_.timeout = absl::Minutes(10);
    options_.second_family_wait = absl::Minutes(10);
  }

  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
  }

  LookupAnswer LookUp() { return nines::LookUp(*loop_, *MakeAresLookup(*loop_, options_)); }

  std::shared_ptr<EventLoop> loop_;
  FakeNameServer server_;
  AresLookupOptions options_;
};

TEST_F(AresLookupTest, FindsBothFamiliesAndTheLeastTtlOfEach) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kA, 40, "127.0.0.1"},
                                         {"greeter.test", DnsType::kA, 30, "127.0.0.2"}}));
  server_.SetReply(DnsType::kAaaa, Records({{"greeter.test", DnsType::kAaaa, 20, "::1"}}));

  const LookupAnswer answer = LookUp();

  EXPECT_EQ(answer.ipv4.status, absl::OkStatus());
  EXPECT_THAT(Texts(answer.ipv4), ElementsAre("127.0.0.1", "127.0.0.2"));
  EXPECT_EQ(answer.ipv4.ttl, absl::Seconds(30));
  EXPECT_THAT(Texts(answer.ipv6), ElementsAre("::1"));
  EXPECT_EQ(answer.ipv6.ttl, absl::Seconds(20));
}

TEST_F(AresLookupTest, AnAliasCountsForTheTtl) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kCname, 5, "real.test"},
                                         {"real.test", DnsType::kA, 600, "127.0.0.1"}}));

  const LookupAnswer answer = LookUp();

  EXPECT_THAT(Texts(answer.ipv4), ElementsAre("127.0.0.1"));
  EXPECT_EQ(answer.ipv4.ttl, absl::Seconds(5));
}

TEST_F(AresLookupTest, ATtlOfZeroIsZero) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kA, 0, "127.0.0.1"}}));

  EXPECT_EQ(LookUp().ipv4.ttl, absl::ZeroDuration());
}

TEST_F(AresLookupTest, ATtlBeyondTheAllowedIsNotNegative) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kA, 0xffffffff, "127.0.0.1"}}));

  EXPECT_GE(LookUp().ipv4.ttl, absl::ZeroDuration());
}

TEST_F(AresLookupTest, NoSuchNameAndNoRecordsAreNotFound) {
  server_.SetReply(DnsType::kA, Error(DnsCode::kNoSuchName));
  server_.SetReply(DnsType::kAaaa, Records({}));

  const LookupAnswer answer = LookUp();

  EXPECT_EQ(answer.ipv4.status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(answer.ipv6.status.code(), absl::StatusCode::kNotFound);
}

TEST_F(AresLookupTest, AServerThatFailsIsUnavailable) {
  server_.SetReply(DnsType::kA, Error(DnsCode::kServerFailure));
  server_.SetReply(DnsType::kAaaa, Records({{"greeter.test", DnsType::kAaaa, 20, "::1"}}));

  const LookupAnswer answer = LookUp();

  EXPECT_EQ(answer.ipv4.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.ipv6.status, absl::OkStatus());
}

TEST_F(AresLookupTest, ASilentServerEndsInTheTimeout) {
  server_.SetReply(DnsType::kA, Silence());
  server_.SetReply(DnsType::kAaaa, Silence());
  options_.timeout = absl::Milliseconds(50);

  const LookupAnswer answer = LookUp();

  EXPECT_EQ(answer.ipv4.status, absl::UnavailableError("no answer within 50ms"));
  EXPECT_EQ(answer.ipv6.status, absl::UnavailableError("no answer within 50ms"));
}

TEST_F(AresLookupTest, AFamilyIsNotWaitedForLongOnceTheOtherIsThere) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kA, 30, "127.0.0.1"}}));
  server_.SetReply(DnsType::kAaaa, Silence());
  options_.second_family_wait = absl::Milliseconds(20);

  const LookupAnswer answer = LookUp();

  EXPECT_THAT(Texts(answer.ipv4), ElementsAre("127.0.0.1"));
  EXPECT_EQ(answer.ipv6.status,
            absl::UnavailableError("no answer within 20ms of the other family's"));
}

class BadAnswerTest : public AresLookupTest,
                      public ::testing::WithParamInterface<FakeReply::Kind> {};

TEST_P(BadAnswerTest, SaysNothing) {
  FakeReply reply = Records({});
  reply.kind = GetParam();
  for (int i = 1; i <= 60; ++i) {
    reply.records.push_back({"greeter.test", DnsType::kA, 30, absl::StrCat("127.0.0.", i)});
  }
  server_.SetReply(DnsType::kA, reply);
  server_.SetReply(DnsType::kAaaa, reply);
  options_.timeout = absl::Milliseconds(50);

  const LookupAnswer answer = LookUp();

  EXPECT_EQ(answer.ipv4.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.ipv6.status.code(), absl::StatusCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadAnswerTest,
                         ::testing::Values(FakeReply::Kind::kGarbage, FakeReply::Kind::kWrongId,
                                           FakeReply::Kind::kTruncated, FakeReply::Kind::kCut));

TEST_F(AresLookupTest, AsksWithEdns) {
  LookUp();

  EXPECT_EQ(server_.questions(), 2);
  EXPECT_EQ(server_.edns_questions(), 2);
}

TEST_F(AresLookupTest, APortWithoutServerIsUnavailable) {
  options_.server = "127.0.0.1:1";  // nothing is ever there

  EXPECT_EQ(LookUp().ipv4.status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(AresLookupTest, AServerThatIsNoAddressIsAnError) {
  options_.server = "nonsense";

  EXPECT_EQ(LookUp().ipv4.status.code(), absl::StatusCode::kUnavailable);
}

class LocalhostTest : public AresLookupTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(LocalhostTest, IsKnownWithoutAServer) {
  options_.server = "";
  options_.host = GetParam();

  EXPECT_THAT(Texts(LookUp().ipv4), Contains("127.0.0.1"));
}

INSTANTIATE_TEST_SUITE_P(Spellings, LocalhostTest, ::testing::Values("localhost", "LocalHost"));

TEST_F(AresLookupTest, CancelledQueriesAreSilent) {
  const std::unique_ptr<AddressLookup> lookup = MakeAresLookup(*loop_, options_);
  bool is_called = false;

  RunOnLoopAndWait(*loop_, [&] {
    std::unique_ptr<LookupQuery> query =
        lookup->Start([&](const LookupAnswer&) { is_called = true; });
    query.reset();
  });

  RunOnLoopAndWait(*loop_, [] {});
  EXPECT_FALSE(is_called);
}

TEST_F(AresLookupTest, QueriesMayBeKeptAfterTheirAnswer) {
  server_.SetReply(DnsType::kA, Records({{"greeter.test", DnsType::kA, 30, "127.0.0.1"}}));
  server_.SetReply(DnsType::kAaaa, Silence());
  options_.second_family_wait = absl::ZeroDuration();
  options_.timeout = absl::Milliseconds(30);
  const std::unique_ptr<AddressLookup> lookup = MakeAresLookup(*loop_, options_);
  std::unique_ptr<LookupQuery> query;
  std::unique_ptr<EventLoop::Handle> later;
  int calls = 0;
  Gate done;

  RunOnLoopAndWait(*loop_, [&] {
    query = lookup->Start([&](const LookupAnswer&) { ++calls; });
    later = loop_->RunAfter(absl::Milliseconds(60), [&] { done.Open(); });
  });

  ASSERT_TRUE(done.Wait());
  RunOnLoopAndWait(*loop_, [&] {
    query.reset();
    later.reset();
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace nines
