// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_endpoints.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ip_address.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

KnownAddresses Addresses(const std::vector<std::string>& texts) {
  KnownAddresses addresses;
  for (const std::string& text : texts) {
    const IpAddress address = *ParseIpAddress(text);
    const bool is_ipv4 = address.family == IpAddress::Family::kIpv4;
    (is_ipv4 ? addresses.ipv4 : addresses.ipv6).push_back(address);
  }
  return addresses;
}

// "address tier weight" of each.
std::vector<std::string> Of(const std::vector<SrvRecord>& records, const HostAddresses& addresses) {
  std::vector<std::string> lines;
  for (const Endpoint& endpoint : EndpointsOfService(records, addresses)) {
    lines.push_back(absl::StrCat(endpoint.address, " ", endpoint.tier, " ", endpoint.weight));
  }
  return lines;
}

TEST(SrvEndpointsTest, PortsTiersAndWeightsAreTheRecords) {
  EXPECT_THAT(
      Of({{20, 4, 83, "c"}, {10, 2, 82, "b"}, {10, 1, 81, "a"}}, {{"a", Addresses({"10.0.0.1"})},
                                                                  {"b", Addresses({"10.0.0.2"})},
                                                                  {"c", Addresses({"10.0.0.3"})}}),
      ElementsAre("10.0.0.1:81 10 1", "10.0.0.2:82 10 2", "10.0.0.3:83 20 4"));
}

TEST(SrvEndpointsTest, AddressesShareTheirRecordsWeight) {
  EXPECT_THAT(Of({{0, 3, 80, "a"}, {0, 1, 80, "b"}, {1, 1, 80, "c"}},
                 {{"a", Addresses({"10.0.0.1", "::1"})},
                  {"b", Addresses({"10.0.0.2"})},
                  {"c", Addresses({"10.0.0.3", "10.0.0.4", "10.0.0.5"})}}),
              ElementsAre("10.0.0.1:80 0 9", "10.0.0.2:80 0 6", "[::1]:80 0 9", "10.0.0.3:80 1 2",
                          "10.0.0.4:80 1 2", "10.0.0.5:80 1 2"));
}

TEST(SrvEndpointsTest, WeightZeroCountsAsOne) {
  EXPECT_THAT(Of({{0, 0, 80, "a"}, {0, 3, 80, "b"}},
                 {{"a", Addresses({"10.0.0.1"})}, {"b", Addresses({"10.0.0.2"})}}),
              ElementsAre("10.0.0.1:80 0 1", "10.0.0.2:80 0 3"));
}

TEST(SrvEndpointsTest, AnAddressTwiceInATierHasBothWeights) {
  EXPECT_THAT(Of({{0, 2, 80, "a"}, {0, 3, 80, "b"}},
                 {{"a", Addresses({"10.0.0.1"})}, {"b", Addresses({"10.0.0.1"})}}),
              ElementsAre("10.0.0.1:80 0 5"));
}

TEST(SrvEndpointsTest, AnAddressInTwoTiersIsInTheFirst) {
  const HostAddresses addresses = {{"a", Addresses({"10.0.0.1"})}, {"b", Addresses({"10.0.0.1"})}};

  EXPECT_THAT(Of({{7, 2, 80, "a"}, {5, 3, 80, "b"}}, addresses), ElementsAre("10.0.0.1:80 5 3"));
  EXPECT_THAT(Of({{5, 3, 80, "b"}, {7, 2, 80, "a"}}, addresses), ElementsAre("10.0.0.1:80 5 3"));
}

TEST(SrvEndpointsTest, AnotherPortIsAnotherEndpoint) {
  EXPECT_THAT(Of({{0, 1, 81, "a"}, {0, 1, 80, "a"}}, {{"a", Addresses({"10.0.0.1"})}}),
              ElementsAre("10.0.0.1:80 0 1", "10.0.0.1:81 0 1"));
}

TEST(SrvEndpointsTest, AHostWithoutAddressesHasNoEndpoint) {
  EXPECT_THAT(Of({{0, 1, 80, "a"}, {0, 1, 80, "b"}}, {{"a", Addresses({})}}), IsEmpty());
}

TEST(SrvEndpointsTest, ManyAddressesAreRoundedAndNeverZero) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) {
    texts.push_back(absl::StrCat("10.0.", i / 250, ".", i % 250));
  }

  const EndpointList endpoints =
      EndpointsOfService({{0, 1, 80, "a"}, {0, 65535, 80, "b"}},
                         {{"a", Addresses(texts)}, {"b", Addresses({"10.1.0.0"})}});

  ASSERT_EQ(endpoints.size(), 5001u);
  EXPECT_EQ(endpoints.front().weight, 1u);
  EXPECT_EQ(endpoints.back().weight, 65535u * 2520u);
}

}  // namespace
}  // namespace nines
