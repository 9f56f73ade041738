// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ip_address.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace nines {
namespace {

IpAddress Address(absl::string_view text) { return ParseIpAddress(text).value(); }

TEST(IpAddressTest, IsFormattedInItsShortestForm) {
  EXPECT_EQ(FormatIpAddress(Address("192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(FormatIpAddress(Address("2001:DB8:0:0::0001")), "2001:db8::1");
}

TEST(IpAddressTest, HasBracketsBeforeAPortIfIpv6) {
  EXPECT_EQ(FormatIpAddressAndPort(Address("192.0.2.1"), 80), "192.0.2.1:80");
  EXPECT_EQ(FormatIpAddressAndPort(Address("::1"), 65535), "[::1]:65535");
}

TEST(IpAddressTest, IsNoOtherText) {
  EXPECT_EQ(ParseIpAddress(""), std::nullopt);
  EXPECT_EQ(ParseIpAddress("greeter"), std::nullopt);
  EXPECT_EQ(ParseIpAddress("1.2.3"), std::nullopt);
  EXPECT_EQ(ParseIpAddress("1.2.3.256"), std::nullopt);
  EXPECT_EQ(ParseIpAddress("[::1]"), std::nullopt);
  EXPECT_EQ(ParseIpAddress("fe80::1%eth0"), std::nullopt);
  EXPECT_EQ(ParseIpAddress(absl::string_view("1.2.3.4\0", 8)), std::nullopt);
}

TEST(IpAddressTest, IsOrderedByFamilyThenNumber) {
  EXPECT_LT(Address("9.0.0.0"), Address("10.0.0.0"));
  EXPECT_LT(Address("255.0.0.0"), Address("::1"));
  EXPECT_LT(Address("::2"), Address("::10"));
  EXPECT_FALSE(Address("::1") < Address("::1"));
}

class NoEndpointTest : public ::testing::TestWithParam<std::string> {};

TEST_P(NoEndpointTest, CannotBeEndpoint) { EXPECT_FALSE(CanBeEndpoint(Address(GetParam()))); }

INSTANTIATE_TEST_SUITE_P(All, NoEndpointTest,
                         ::testing::Values("0.0.0.0", "255.255.255.255", "224.0.0.1",
                                           "239.255.255.255", "::", "ff02::1", "::ffff:0.0.0.0",
                                           "::ffff:224.0.0.1"));

class EndpointAddressTest : public ::testing::TestWithParam<std::string> {};

TEST_P(EndpointAddressTest, CanBeEndpoint) { EXPECT_TRUE(CanBeEndpoint(Address(GetParam()))); }

INSTANTIATE_TEST_SUITE_P(All, EndpointAddressTest,
                         ::testing::Values("127.0.0.1", "0.0.0.1", "223.255.255.255", "240.0.0.1",
                                           "255.255.255.254", "::1",
                                           "2001:db8::", "::ffff:192.0.2.1"));

}  // namespace
}  // namespace nines
