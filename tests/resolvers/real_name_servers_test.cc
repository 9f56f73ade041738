// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Address lookups against real DNS servers, and with a resolv.conf and a hosts file of the test's
// own.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ares_lookup.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "resolvers/look_up.h"
#include "support/temporary_folder.h"
#include "testbed/dns_server.h"
#include "testbed/zone_server.h"

namespace nines {
namespace {

using testbed::DnsServer;
using testbed::ZoneServer;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr int kMany = 500;

std::vector<std::string> ManyAddresses() {
  std::vector<std::string> addresses;
  addresses.reserve(kMany);
  for (int i = 0; i < kMany; ++i) {
    addresses.push_back(absl::StrCat("127.1.", i / 250, ".", i % 250 + 1));
  }
  return addresses;
}

class NameServersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
  }

  LookupAnswer LookUpAt(const std::string& server, const std::string& host) {
    AresLookupOptions options;
    options.server = server;
    options.host = host;
    options.timeout = absl::Minutes(10);  // a busy machine changes nothing
    options.second_family_wait = absl::Minutes(10);
    return LookUp(*loop_, *MakeAresLookup(*loop_, options));
  }

  std::shared_ptr<EventLoop> loop_;
};

class ZoneTest : public NameServersTest {
 protected:
  LookupAnswer LookUpInZone(const std::string& records, const std::string& host) {
    absl::StatusOr<std::unique_ptr<ZoneServer>> server = ZoneServer::Start(records);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? LookUpAt((*server)->address(), host) : LookupAnswer();
  }
};

TEST_F(ZoneTest, FindsFiveHundredAddresses) {
  std::string records;
  for (const std::string& address : ManyAddresses()) {
    absl::StrAppend(&records, "greeter A ", address, "\n");
  }

  const LookupAnswer answer = LookUpInZone(records, "greeter.test");

  EXPECT_THAT(Texts(answer.ipv4), UnorderedElementsAreArray(ManyAddresses()));
  EXPECT_EQ(answer.ipv6.status.code(), absl::StatusCode::kNotFound);
}

// Aliases a1 -> a2 -> a3 -> a4 -> greeter, of which number `shortest` has a TTL of 7 s, the others
// 600 s. Knot follows five at most, and leaves the rest to a server that recurses.
std::string FourAliases(int shortest) {
  std::string records;
  for (int i = 1; i <= 4; ++i) {
    absl::StrAppend(&records, "a", i, i == shortest ? " 7" : " 600", " CNAME ",
                    i == 4 ? std::string("greeter") : absl::StrCat("a", i + 1), "\n");
  }
  return records;
}

class AliasTest : public ZoneTest, public ::testing::WithParamInterface<int> {};

TEST_P(AliasTest, TheLeastTtlOfAChainCounts) {
  const LookupAnswer answer = LookUpInZone(
      absl::StrCat(FourAliases(GetParam()), "greeter 30 A 127.0.0.1\ngreeter 20 AAAA ::1\n"),
      "a1.test");

  EXPECT_THAT(Texts(answer.ipv4), ElementsAre("127.0.0.1"));
  EXPECT_EQ(answer.ipv4.ttl, absl::Seconds(7));
  EXPECT_THAT(Texts(answer.ipv6), ElementsAre("::1"));
  EXPECT_EQ(answer.ipv6.ttl, absl::Seconds(7));
}

INSTANTIATE_TEST_SUITE_P(FirstMiddleLast, AliasTest, ::testing::Values(1, 3, 4));

TEST_F(ZoneTest, TheAddressesTtlCountsIfItIsLess) {
  const LookupAnswer answer =
      LookUpInZone(absl::StrCat(FourAliases(0), "greeter 30 A 127.0.0.1\n"), "a1.test");

  EXPECT_EQ(answer.ipv4.ttl, absl::Seconds(30));
}

// Lookups by a resolv.conf that names servers at the port of a real one, at 127.0.0.1.
class SystemNamesTest : public NameServersTest {
 protected:
  void SetUp() override {
    NameServersTest::SetUp();
    absl::StatusOr<std::unique_ptr<DnsServer>> server = DnsServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void TearDown() override { unsetenv("CARES_HOSTS"); }

  void SetAddress(const std::string& name, const std::string& address) {
    ASSERT_EQ(server_->SetAddresses(name, {address}), absl::OkStatus());
  }

  std::unique_ptr<AddressLookup> MakeLookup(const std::string& host) {
    AresLookupOptions options;
    options.host = host;
    options.system.resolv_conf = folder_ / "resolv.conf";
    options.system.port = static_cast<uint16_t>(server_->port());
    options.timeout = absl::Minutes(10);
    options.second_family_wait = absl::Minutes(10);
    return MakeAresLookup(*loop_, options);
  }

  LookupAnswer LookUpName(const std::string& host) { return LookUp(*loop_, *MakeLookup(host)); }

  TemporaryFolder folder_;
  std::unique_ptr<DnsServer> server_;
};

TEST_F(SystemNamesTest, FindsFiveHundredAddresses) {
  ASSERT_EQ(server_->SetAddresses("greeter.test", ManyAddresses()), absl::OkStatus());
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\n");

  EXPECT_THAT(Texts(LookUpName("greeter.test").ipv4), UnorderedElementsAreArray(ManyAddresses()));
}

TEST_F(SystemNamesTest, FollowsAChainOfEightAliases) {
  SetAddress("greeter.test", "127.0.0.2");
  std::vector<std::string> chain = {"greeter.test"};
  for (int i = 8; i >= 1; --i) chain.insert(chain.begin(), absl::StrCat("a", i, ".test"));
  ASSERT_EQ(server_->SetAliases(chain), absl::OkStatus());
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\n");

  EXPECT_THAT(Texts(LookUpName("a1.test").ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, TriesTheSearchDomainsInTurn) {
  SetAddress("greeter.second.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\nsearch first.test second.test\n");

  EXPECT_THAT(Texts(LookUpName("greeter").ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, NamesWithFewerDotsThanNdotsAreSearchedFirst) {
  SetAddress("greeter.zone", "127.0.0.1");
  SetAddress("greeter.zone.first.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\nsearch first.test\noptions ndots:2\n");

  EXPECT_THAT(Texts(LookUpName("greeter.zone").ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, NamesWithAsManyAreNot) {
  SetAddress("greeter.zone", "127.0.0.1");
  SetAddress("greeter.zone.first.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\nsearch first.test\noptions ndots:1\n");

  EXPECT_THAT(Texts(LookUpName("greeter.zone").ipv4), ElementsAre("127.0.0.1"));
}

TEST_F(SystemNamesTest, ADeadServerIsPassedOver) {
  SetAddress("greeter.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.77\nnameserver 127.0.0.1\n");

  EXPECT_THAT(Texts(LookUpName("greeter.test").ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, ASilentServerIsPassedOver) {
  SetAddress("greeter.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.78\nnameserver 127.0.0.1\n");
  const int silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(server_->port()));
  inet_pton(AF_INET, "127.0.0.78", &name.sin_addr);
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);

  const LookupAnswer answer = LookUpName("greeter.test");

  close(silent);
  EXPECT_THAT(Texts(answer.ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, AChangedResolvConfCountsForTheNextLookup) {
  SetAddress("greeter.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.77\n");
  const std::unique_ptr<AddressLookup> lookup = MakeLookup("greeter.test");
  ASSERT_EQ(LookUp(*loop_, *lookup).ipv4.status.code(), absl::StatusCode::kUnavailable);

  folder_.Replace("resolv.conf", "nameserver 127.0.0.1\n");

  EXPECT_THAT(Texts(LookUp(*loop_, *lookup).ipv4), ElementsAre("127.0.0.2"));
}

TEST_F(SystemNamesTest, TheHostsFileComesFirst) {
  SetAddress("greeter.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\n");
  folder_.Write("hosts", "127.0.0.9 other.test greeter.test\n");
  setenv("CARES_HOSTS", (folder_ / "hosts").c_str(), 1);

  EXPECT_THAT(Texts(LookUpName("greeter.test").ipv4), ElementsAre("127.0.0.9"));
}

TEST_F(SystemNamesTest, WhatTheHostsFileDoesNotKnowIsAskedFor) {
  SetAddress("greeter.test", "127.0.0.2");
  folder_.Write("resolv.conf", "nameserver 127.0.0.1\n");
  folder_.Write("hosts", "127.0.0.9 other.test\n");
  setenv("CARES_HOSTS", (folder_ / "hosts").c_str(), 1);

  EXPECT_THAT(Texts(LookUpName("greeter.test").ipv4), ElementsAre("127.0.0.2"));
}

}  // namespace
}  // namespace nines
