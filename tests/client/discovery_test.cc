// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What calls meet with while DNS is in trouble, and by which config they go if DNS has one: real
// sockets, and a real DNS server or one that says what no real one can be made to say.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "client/discovery_fixture.h"
#include "nines/clock.h"
#include "nines/dns_resolver.h"
#include "support/temporary_folder.h"
#include "testbed/fake_name_server.h"
#include "testbed/zone_server.h"

namespace nines {
namespace {

using testbed::DnsCode;
using testbed::DnsType;
using testbed::FakeNameServer;
using testbed::FakeReply;
using testbed::ZoneServer;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr int kEndpoints = 10;

// Names with a TXT record of a service config, whose calls may take the timeout that it says.
class TxtDiscoveryTest : public DiscoveryTest {
 protected:
  void SetUp() override {
    DnsOptions options = Impatient();
    options.lookup_timeout = absl::Minutes(1);
    options.second_family_wait = absl::Minutes(1);
    options.looks_up_service_config = true;
    registry_.SetResolver("dns", MakeDnsResolverFactory(options));
  }

  // The choices as they stand in DNS, but with ' for ".
  void Serve(const std::string& choices) {
    auto server = ZoneServer::Start(
        absl::StrCat("greeter A 127.0.0.1\n_grpc_config.greeter TXT \"grpc_config=",
                     absl::StrReplaceAll(choices, {{"'", "\\\""}}), "\"\n"));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void CreateWithOwnTimeoutOf10s() {
    Create(absl::StrCat("dns://", server_->address(), "/greeter.test:80"),
           R"({"methodConfig": [{"name": [{}], "timeout": "10s"}]})");
  }

  // What a call may take.
  absl::Duration Timeout() {
    absl::Duration timeout;
    EXPECT_EQ(client_->Run({},
                           [&](const Attempt& attempt) {
                             timeout = attempt.deadline - ProcessClock().Now();
                             return absl::OkStatus();
                           }),
              absl::OkStatus());
    return timeout;
  }

  std::unique_ptr<ZoneServer> server_;
};

TEST_F(TxtDiscoveryTest, TheConfigInDnsReplacesTheProgramsOwn) {
  Serve(
      "[{'clientLanguage':['go'],'serviceConfig':{}},"
      "{'serviceConfig':{'methodConfig':[{'name':[{}],'timeout':'100s'}]}}]");

  CreateWithOwnTimeoutOf10s();

  EXPECT_THAT(Timeout(), AllOf(Ge(absl::Seconds(50)), Le(absl::Seconds(100))));
}

TEST_F(TxtDiscoveryTest, AWrongOneIsToldAndDoesNot) {
  Serve("[{'serviceConfig':{'methodConfig':[{'name':[{}],'timeout':'soon'}]}}]");

  CreateWithOwnTimeoutOf10s();

  EXPECT_TRUE(watcher_->config_problem.Wait());
  EXPECT_LE(Timeout(), absl::Seconds(10));
}

TEST_F(TxtDiscoveryTest, WrongChoicesAreToldAndDoNot) {
  Serve("[{'serviceConfig':{'methodConfig':[{'name':[{}],'timeout':'100s'}]}}, 7]");

  CreateWithOwnTimeoutOf10s();

  EXPECT_TRUE(watcher_->config_problem.Wait());
  EXPECT_LE(Timeout(), absl::Seconds(10));
}

TEST_F(TxtDiscoveryTest, NobodyLooksForItUnasked) {
  Serve("[{'serviceConfig':{'methodConfig':[{'name':[{}],'timeout':'100s'}]}}]");
  registry_.SetResolver("dns", MakeDnsResolverFactory(Impatient()));

  CreateWithOwnTimeoutOf10s();

  EXPECT_LE(Timeout(), absl::Seconds(10));
}

struct Trouble {
  std::string name;
  FakeReply reply;
};

FakeReply GoodReply(int addresses) {
  FakeReply reply;
  for (int i = 1; i <= addresses; ++i) {
    reply.records.push_back({"greeter.test", DnsType::kA, 1, absl::StrCat("127.0.0.", i)});
  }
  return reply;
}

FakeReply BadReply(FakeReply::Kind kind) {
  FakeReply reply = GoodReply(kEndpoints);
  reply.kind = kind;
  // More than the 512 bytes after which it is cut.
  if (kind == FakeReply::Kind::kCut) reply.records = GoodReply(6 * kEndpoints).records;
  return reply;
}

FakeReply ErrorReply(DnsCode code) { return {FakeReply::Kind::kAnswer, code}; }

FakeReply SlowReply() {
  FakeReply reply = GoodReply(kEndpoints);
  reply.delay = absl::Milliseconds(60);  // longer than lookups take
  return reply;
}

// Ten endpoints by a DNS server that is well, so far.
class FakeDnsTest : public DiscoveryTest {
 protected:
  void SetUp() override {
    server_.SetReply(DnsType::kA, GoodReply(kEndpoints));
    Start();
  }
  void Start() { Create(absl::StrCat("dns://", server_.address(), "/greeter.test:80")); }

  FakeNameServer server_;
};

class TroubleTest : public FakeDnsTest, public ::testing::WithParamInterface<Trouble> {};

TEST_P(TroubleTest, FailsNoCall) {
  server_.SetReply(DnsType::kA, GetParam().reply);

  const std::map<std::string, int> before = CallTimes(1000);
  ASSERT_TRUE(watcher_->five_failures.Wait());
  const std::map<std::string, int> after = CallTimes(1000);

  EXPECT_EQ(before.at("failed"), 0);
  EXPECT_EQ(after.at("failed"), 0);
  EXPECT_EQ(after.size(), kEndpoints + 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TroubleTest,
    ::testing::Values(Trouble{"Empty", FakeReply()},
                      Trouble{"NoSuchName", ErrorReply(DnsCode::kNoSuchName)},
                      Trouble{"ServerFailure", ErrorReply(DnsCode::kServerFailure)},
                      Trouble{"Silence", BadReply(FakeReply::Kind::kSilence)},
                      Trouble{"Slow", SlowReply()},
                      Trouble{"Garbage", BadReply(FakeReply::Kind::kGarbage)},
                      Trouble{"WrongId", BadReply(FakeReply::Kind::kWrongId)},
                      Trouble{"Truncated", BadReply(FakeReply::Kind::kTruncated)},
                      Trouble{"Cut", BadReply(FakeReply::Kind::kCut)}),
    [](const auto& trouble) { return trouble.param.name; });

TEST_F(FakeDnsTest, NinetyPercentThatDnsLosesServeOn) {
  server_.SetReply(DnsType::kA, GoodReply(1));
  ASSERT_TRUE(watcher_->lame.Wait());

  const std::map<std::string, int> calls = CallTimes(1000);

  EXPECT_EQ(calls.at("failed"), 0);
  EXPECT_EQ(calls.size(), kEndpoints + 1u);
}

class RestartTest : public FakeDnsTest {
 protected:
  void SetUp() override {
    snapshot_.primary_path = folder_ / "state";
    FakeDnsTest::SetUp();
  }

  const TemporaryFolder folder_;
};

TEST_F(RestartTest, NinetyPercentThatDnsLosesMeanwhileServeOn) {
  client_->Shutdown();
  server_.SetReply(DnsType::kA, GoodReply(1));

  Start();
  ASSERT_TRUE(watcher_->lame.Wait());
  const std::map<std::string, int> calls = CallTimes(1000);

  EXPECT_EQ(calls.at("failed"), 0);
  EXPECT_EQ(calls.size(), kEndpoints + 1u);
}

TEST_F(FakeDnsTest, NinetyPercentThatAreGoneAreOutAfterACallEach) {
  const auto serves = [](const std::string& address) { return address == "127.0.0.1:80"; };
  server_.SetReply(DnsType::kA, GoodReply(1));
  ASSERT_TRUE(watcher_->lame.Wait());

  CallTimes(20, serves);  // nine refusals, of up to three a call
  const std::map<std::string, int> calls = CallTimes(1000, serves);

  EXPECT_EQ(calls, (std::map<std::string, int>{{"failed", 0}, {"127.0.0.1:80", 1000}}));
}

}  // namespace
}  // namespace nines
