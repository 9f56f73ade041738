// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/dns_resolver.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "resolvers/real_dns_fixture.h"
#include "support/gate.h"
#include "testbed/fake_name_server.h"

namespace nines {
namespace {

using testbed::DnsCode;
using testbed::DnsType;
using testbed::FakeNameServer;
using testbed::FakeReply;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DnsResolverTest : public RealDnsFixture {
 protected:
  DnsResolverTest() : RealDnsFixture(EndpointRecorder::Detail::kAddresses) {}

  void SetAddresses(const std::vector<std::string>& addresses) {
    RealDnsFixture::SetAddresses("greeter.test", addresses);
  }

  void Resolve(const std::string& server, const DnsOptions& options = Impatient()) {
    RealDnsFixture::Resolve(*MakeDnsResolverFactory(options), {"dns", server, "greeter.test:80"});
  }
};

TEST_F(DnsResolverTest, FindsBothFamilies) {
  SetAddresses({"127.0.0.3", "::1", "127.0.0.2"});

  Resolve(server_->address());

  EXPECT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80 127.0.0.3:80 [::1]:80");
}

TEST_F(DnsResolverTest, FindsIpv4Alone) {
  SetAddresses({"127.0.0.2"});

  Resolve(server_->address());

  EXPECT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");
}

TEST_F(DnsResolverTest, FindsIpv6Alone) {
  SetAddresses({"::1"});

  Resolve(server_->address());

  EXPECT_EQ(recorder_.WaitForLine(0), "[::1]:80");
}

TEST_F(DnsResolverTest, FindsMoreThanADatagramHolds) {
  std::vector<std::string> addresses;
  std::vector<std::string> expected;
  for (int i = 1; i <= 250; ++i) {
    addresses.push_back(absl::StrCat("127.1.0.", i));
    expected.push_back(absl::StrCat("127.1.0.", i, ":80"));
  }
  SetAddresses(addresses);

  Resolve(server_->address());

  EXPECT_EQ(recorder_.WaitForLine(0), absl::StrJoin(expected, " "));
}

TEST_F(DnsResolverTest, SeesANewAddressWithoutAnyFailure) {
  SetAddresses({"127.0.0.2"});
  Resolve(server_->address());
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");

  SetAddresses({"127.0.0.2", "127.0.0.3"});

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.2:80 127.0.0.3:80");
}

TEST_F(DnsResolverTest, SeesANewAddressWithTheDefaultOptionsToo) {
  SetAddresses({"127.0.0.2"});
  Resolve(server_->address(), DnsOptions());
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");

  SetAddresses({"127.0.0.2", "127.0.0.3"});

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.2:80 127.0.0.3:80");
}

TEST_F(DnsResolverTest, AnUnknownNameIsAnErrorThatNamesIt) {
  Resolve(server_->address());

  EXPECT_EQ(recorder_.WaitForLine(0), absl::StrCat("NOT_FOUND: dns://", server_->address(),
                                                   "/greeter.test:80: Domain name not found"));
}

TEST_F(DnsResolverTest, ANameThatComesUpLaterIsFound) {
  Resolve(server_->address());
  ASSERT_THAT(recorder_.WaitForLine(0), StartsWith("NOT_FOUND"));

  SetAddresses({"127.0.0.2"});

  size_t line = 1;
  while (absl::StartsWith(recorder_.WaitForLine(line), "NOT_FOUND")) ++line;
  EXPECT_EQ(recorder_.WaitForLine(line), "127.0.0.2:80");
}

TEST_F(DnsResolverTest, ANameThatVanishesIsAnErrorAndNoEmptyList) {
  SetAddresses({"127.0.0.2"});
  Resolve(server_->address());
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");

  SetAddresses({});

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.2:80");  // lame now
  EXPECT_THAT(recorder_.WaitForLine(2), StartsWith("NOT_FOUND"));
}

TEST_F(DnsResolverTest, AnAnswerWithATenthOfTheEndpointsLosesNone) {
  std::vector<std::string> addresses;
  std::vector<std::string> expected;
  for (int i = 1; i <= 10; ++i) {
    addresses.push_back(absl::StrCat("127.0.0.", i));
    expected.push_back(absl::StrCat("127.0.0.", i, ":80"));
  }
  SetAddresses(addresses);
  Resolve(server_->address());
  ASSERT_EQ(recorder_.WaitForLine(0), absl::StrJoin(expected, " "));

  SetAddresses({"127.0.0.10"});

  std::rotate(expected.begin(), expected.end() - 1, expected.end());
  EXPECT_EQ(recorder_.WaitForLine(1), absl::StrJoin(expected, " "));
  EXPECT_THAT(recorder_.WaitForLine(2), HasSubstr("the answer has 1 endpoint, there were 10"));
}

TEST_F(DnsResolverTest, AServerThatEndsIsAnErrorUntilItReturns) {
  SetAddresses({"127.0.0.2"});
  Resolve(server_->address());
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");

  ASSERT_EQ(server_->Stop(), absl::OkStatus());
  EXPECT_THAT(recorder_.WaitForLine(1), StartsWith("UNAVAILABLE"));
  ASSERT_EQ(server_->Restart(), absl::OkStatus());

  size_t line = 2;
  while (absl::StartsWith(recorder_.WaitForLine(line), "UNAVAILABLE")) ++line;
  EXPECT_EQ(recorder_.WaitForLine(line), "127.0.0.2:80");
}

TEST_F(DnsResolverTest, AServerThatDoesNotAnswerIsAnErrorUntilItDoes) {
  FakeNameServer server;
  server.SetReply(DnsType::kA, {FakeReply::Kind::kSilence, DnsCode::kOk, {}});
  server.SetReply(DnsType::kAaaa, {FakeReply::Kind::kSilence, DnsCode::kOk, {}});
  DnsOptions options = Impatient();
  options.lookup_timeout = absl::Milliseconds(50);

  Resolve(server.address(), options);
  EXPECT_EQ(recorder_.WaitForLine(0), absl::StrCat("UNAVAILABLE: dns://", server.address(),
                                                   "/greeter.test:80: no answer within 50ms"));
  server.SetReply(
      DnsType::kA,
      {FakeReply::Kind::kAnswer, DnsCode::kOk, {{"greeter.test", DnsType::kA, 0, "127.0.0.2"}}});
  server.SetReply(DnsType::kAaaa, {});

  size_t line = 1;
  while (absl::StartsWith(recorder_.WaitForLine(line), "UNAVAILABLE")) ++line;
  EXPECT_EQ(recorder_.WaitForLine(line), "127.0.0.2:80");
}

TEST_F(DnsResolverTest, AFamilyThatFailsKeepsItsAddresses) {
  FakeNameServer server;
  server.SetReply(
      DnsType::kA,
      {FakeReply::Kind::kAnswer, DnsCode::kOk, {{"greeter.test", DnsType::kA, 0, "127.0.0.2"}}});
  server.SetReply(
      DnsType::kAaaa,
      {FakeReply::Kind::kAnswer, DnsCode::kOk, {{"greeter.test", DnsType::kAaaa, 0, "::1"}}});
  Resolve(server.address());
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80 [::1]:80");

  server.SetReply(DnsType::kAaaa, {FakeReply::Kind::kAnswer, DnsCode::kServerFailure, {}});
  server.SetReply(
      DnsType::kA,
      {FakeReply::Kind::kAnswer, DnsCode::kOk, {{"greeter.test", DnsType::kA, 0, "127.0.0.3"}}});

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.3:80 [::1]:80");
}

TEST_F(DnsResolverTest, RefreshAsksAgain) {
  DnsOptions options = Impatient();
  options.max_ttl = absl::Hours(1);
  options.min_ttl = absl::Hours(1);
  SetAddresses({"127.0.0.2"});
  Resolve(server_->address(), options);
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.2:80");
  SetAddresses({"127.0.0.3"});

  RunOnLoopAndWait(*loop_, [&] { resolver_->Refresh(); });

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.3:80");
}

TEST_F(DnsResolverTest, ADestroyedResolverIsSilent) {
  FakeNameServer server;
  server.SetReply(DnsType::kA, {FakeReply::Kind::kSilence, DnsCode::kOk, {}});
  DnsOptions options = Impatient();
  options.lookup_timeout = absl::Milliseconds(1);
  Resolve(server.address(), options);

  RunOnLoopAndWait(*loop_, [&] { resolver_.reset(); });
  const std::vector<std::string> lines = recorder_.lines();

  std::unique_ptr<EventLoop::Handle> later;
  Gate done;
  RunOnLoopAndWait(*loop_,
                   [&] { later = loop_->RunAfter(absl::Milliseconds(20), [&] { done.Open(); }); });
  ASSERT_TRUE(done.Wait());
  EXPECT_EQ(recorder_.lines(), lines);
  RunOnLoopAndWait(*loop_, [&] { later.reset(); });
}

}  // namespace
}  // namespace nines
