// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What calls meet with while DNS is in trouble, and where calls go by SRV: real sockets, and a real
// DNS server or one that says what no real one can be made to say.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "nines/client.h"
#include "nines/clock.h"
#include "nines/dns_resolver.h"
#include "nines/registry.h"
#include "nines/srv_resolver.h"
#include "support/fakes.h"
#include "support/gate.h"
#include "testbed/dns_server.h"
#include "testbed/fake_name_server.h"
#include "testbed/zone_server.h"

namespace nines {
namespace {

using testbed::DnsCode;
using testbed::DnsServer;
using testbed::DnsType;
using testbed::FakeNameServer;
using testbed::FakeReply;
using testbed::ZoneServer;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr int kEndpoints = 10;

// Opens its gate when lookups have failed, or were not believed, so many times.
class TroubleWatcher final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind == Event::Kind::kResolveFailed && ++failures_ == 5) five_failures.Open();
    if (event.kind == Event::Kind::kEndpointLame) lame.Open();
    if (absl::StrContains(event.reason, ": service config: ")) config_problem.Open();
  }

  Gate five_failures;
  Gate lame;
  Gate config_problem;

 private:
  std::atomic<int> failures_{0};
};

// Lookups every ten milliseconds.
DnsOptions Impatient() {
  DnsOptions options;
  options.lookup_timeout = absl::Milliseconds(50);
  options.min_ttl = absl::Milliseconds(10);
  options.max_ttl = absl::Milliseconds(10);
  options.initial_backoff = absl::Milliseconds(10);
  options.max_backoff = absl::Milliseconds(10);
  return options;
}

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() {
    registry_.SetResolver("dns", MakeDnsResolverFactory(Impatient()));
    registry_.SetResolver("srv", MakeSrvResolverFactory(Impatient()));
  }

  void Create(const std::string& target, const std::string& service_config = "") {
    ClientOptions options;
    options.service_config_json = service_config;
    options.registry = &registry_;
    options.random = &random_;
    options.observer = watcher_;
    auto client = Client::Create(target, options);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    ASSERT_EQ(client_->WaitUntilReady(absl::Minutes(1)), absl::OkStatus());
  }

  // How many of so many calls were served where; a call to another address does not reach it.
  std::map<std::string, int> CallTimes(
      int times, absl::FunctionRef<bool(const std::string&)> serves = [](const std::string&) {
        return true;
      }) {
    std::map<std::string, int> calls = {{"failed", 0}};
    for (int i = 0; i < times; ++i) {
      const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
        const std::string& address = attempt.endpoint.address;
        if (!serves(address)) return MarkUnprocessed(absl::UnavailableError("refused"));
        ++calls[address];
        return absl::OkStatus();
      });
      if (!status.ok()) ++calls["failed"];
    }
    return calls;
  }

  Registry registry_ = BuiltinRegistry();
  FixedRandom random_;
  std::shared_ptr<TroubleWatcher> watcher_ = std::make_shared<TroubleWatcher>();
  std::shared_ptr<Client> client_;
};

class SrvDiscoveryTest : public DiscoveryTest {
 protected:
  // Weights 1, 2 and 4 in the first tier, and two tiers of one host behind it.
  void SetUp() override {
    auto server = DnsServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    for (int i = 1; i <= 5; ++i) {
      const std::vector<std::string> address = {absl::StrCat("127.0.", i <= 3 ? 1 : i, ".", i)};
      ASSERT_EQ(server_->SetAddresses(absl::StrCat("h", i, ".test"), address), absl::OkStatus());
    }
    ASSERT_EQ(server_->SetServices("_greeter._tcp.test", {{"h1.test", 80, 10, 1},
                                                          {"h2.test", 80, 10, 2},
                                                          {"h3.test", 80, 10, 4},
                                                          {"h4.test", 80, 20, 1},
                                                          {"h5.test", 80, 30, 1}}),
              absl::OkStatus());
    Create(absl::StrCat("srv://", server_->address(), "/_greeter._tcp.test"));
  }

  std::unique_ptr<DnsServer> server_;
};

TEST_F(SrvDiscoveryTest, WeightsAreShares) {
  constexpr int kUnit = 10'000;

  const std::map<std::string, int> calls = CallTimes(7 * kUnit);

  ASSERT_EQ(calls.size(), 3u + 1u);  // the first tier takes all, and none has failed
  EXPECT_EQ(calls.at("failed"), 0);
  EXPECT_THAT(calls.at("127.0.1.1:80"), AllOf(Ge(kUnit * 0.95), Le(kUnit * 1.05)));
  EXPECT_THAT(calls.at("127.0.1.2:80"), AllOf(Ge(kUnit * 1.9), Le(kUnit * 2.1)));
  EXPECT_THAT(calls.at("127.0.1.3:80"), AllOf(Ge(kUnit * 3.8), Le(kUnit * 4.2)));
}

TEST_F(SrvDiscoveryTest, TheNextTierTakesOverWhatTheFirstLoses) {
  const auto serves = [](const std::string& address) {
    return !absl::StartsWith(address, "127.0.1.");
  };

  CallTimes(100, serves);  // until health knows
  const std::map<std::string, int> calls = CallTimes(1000, serves);

  EXPECT_EQ(calls, (std::map<std::string, int>{{"failed", 0}, {"127.0.4.4:80", 1000}}));
}

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
    Create(absl::StrCat("dns://", server_.address(), "/greeter.test:80"));
  }

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
