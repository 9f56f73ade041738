// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Where calls go by SRV records of a real DNS server.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/discovery_fixture.h"
#include "nines/client.h"
#include "testbed/dns_server.h"

namespace nines {
namespace {

using testbed::DnsServer;
using ::testing::AllOf;
using ::testing::ExplainMatchResult;
using ::testing::Ge;
using ::testing::Le;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr int kUnit = 5'000;  // calls for a weight of 1

// Two tiers of three are more than half of the endpoints, of which by default no more may be out.
constexpr char kAllMayBeOut[] = R"({"loadBalancingConfig": [{"nines": {
    "outlierDetection": {"maxEjectionPercent": 100}}}]})";

// Three tiers, of which each has weights 1, 2 and 4: 127.0.<tier>.<weight>:80.
class SrvDiscoveryTest : public DiscoveryTest {
 protected:
  void SetUp() override {
    auto server = DnsServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    std::vector<DnsServer::Service> services;
    for (const int tier : {1, 2, 3}) {
      for (const int weight : {1, 2, 4}) {
        const std::string host = absl::StrCat("h", tier, weight, ".test");
        ASSERT_EQ(server_->SetAddresses(host, {absl::StrCat("127.0.", tier, ".", weight)}),
                  absl::OkStatus());
        services.push_back({host, 80, 10 * tier, weight});
      }
    }
    ASSERT_EQ(server_->SetServices("_greeter._tcp.test", services), absl::OkStatus());
    Create(absl::StrCat("srv://", server_->address(), "/_greeter._tcp.test"), kAllMayBeOut);
  }

  // All endpoints before this tier are gone, and health has learned it.
  std::map<std::string, int> CallsFromTier(char first) {
    const auto serves = [first](const std::string& address) { return address[kTierAt] >= first; };
    CallTimes(300, serves);
    return CallTimes(7 * kUnit, serves);
  }

  static constexpr size_t kTierAt = absl::string_view("127.0.").size();

  std::unique_ptr<DnsServer> server_;
};

// Within 5 % of the shares of one tier, which has all calls.
MATCHER_P(AreOfTier, tier, "") {
  const auto share = [](const std::string& address, int weight) {
    return Pair(address, AllOf(Ge(0.95 * kUnit * weight), Le(1.05 * kUnit * weight)));
  };
  const std::string prefix = absl::StrCat("127.0.", tier, ".");
  return ExplainMatchResult(
      UnorderedElementsAre(Pair("failed", 0), share(prefix + "1:80", 1), share(prefix + "2:80", 2),
                           share(prefix + "4:80", 4)),
      arg, result_listener);
}

TEST_F(SrvDiscoveryTest, AllEndpointsOfAllTiersAreSeen) {
  std::vector<std::string> seen;
  for (const EndpointStatus& status : client_->Endpoints()) seen.push_back(status.endpoint.address);

  EXPECT_THAT(seen, UnorderedElementsAre("127.0.1.1:80", "127.0.1.2:80", "127.0.1.4:80",
                                         "127.0.2.1:80", "127.0.2.2:80", "127.0.2.4:80",
                                         "127.0.3.1:80", "127.0.3.2:80", "127.0.3.4:80"));
}

TEST_F(SrvDiscoveryTest, TheFirstTierTakesAllCallsByWeight) {
  EXPECT_THAT(CallsFromTier('1'), AreOfTier(1));
}

TEST_F(SrvDiscoveryTest, TheSecondTakesOverWhenTheFirstIsOut) {
  EXPECT_THAT(CallsFromTier('2'), AreOfTier(2));
}

TEST_F(SrvDiscoveryTest, TheThirdTakesOverWhenTheSecondIsOutToo) {
  ASSERT_THAT(CallsFromTier('2'), AreOfTier(2));

  EXPECT_THAT(CallsFromTier('3'), AreOfTier(3));
}

}  // namespace
}  // namespace nines
