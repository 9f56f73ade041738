// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

TEST(SocketAddressTest, TakesIpv4) {
  const absl::StatusOr<SocketAddress> address = ParseSocketAddress("127.0.0.2:80");

  ASSERT_TRUE(address.ok()) << address.status();
  const auto* name = reinterpret_cast<const sockaddr_in*>(&address->storage);
  EXPECT_EQ(address->family(), AF_INET);
  EXPECT_EQ(address->size, sizeof(sockaddr_in));
  EXPECT_EQ(ntohl(name->sin_addr.s_addr), 0x7f000002u);
  EXPECT_EQ(ntohs(name->sin_port), 80);
}

TEST(SocketAddressTest, TakesIpv6) {
  const absl::StatusOr<SocketAddress> address = ParseSocketAddress("[::1]:65535");

  ASSERT_TRUE(address.ok()) << address.status();
  const auto* name = reinterpret_cast<const sockaddr_in6*>(&address->storage);
  EXPECT_EQ(address->family(), AF_INET6);
  EXPECT_EQ(address->size, sizeof(sockaddr_in6));
  EXPECT_TRUE(IN6_IS_ADDR_LOOPBACK(&name->sin6_addr));
  EXPECT_EQ(ntohs(name->sin6_port), 65535);
}

TEST(SocketAddressTest, TakesUnixPaths) {
  const absl::StatusOr<SocketAddress> address = ParseSocketAddress("unix:/run/greeter");

  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->family(), AF_UNIX);
  EXPECT_STREQ(reinterpret_cast<const sockaddr_un*>(&address->storage)->sun_path, "/run/greeter");
}

TEST(SocketAddressTest, TakesTheLongestUnixPath) {
  const std::string path(107, 'a');

  const absl::StatusOr<SocketAddress> address = ParseSocketAddress("unix:" + path);

  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(reinterpret_cast<const sockaddr_un*>(&address->storage)->sun_path, path);
}

struct RefusedCase {
  std::string address;
  std::string why;
};

class RefusedSocketAddressTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedSocketAddressTest, NamesTheAddressAndTheReason) {
  const absl::Status status = ParseSocketAddress(GetParam().address).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedSocketAddressTest,
    ::testing::Values(
        RefusedCase{"", "address \"\": it has no port"},
        RefusedCase{"127.0.0.1", "address \"127.0.0.1\": it has no port; allowed: IPv4:port"},
        RefusedCase{"127.0.0.1:", "its port is not a number in [1, 65535]"},
        RefusedCase{"127.0.0.1:0", "its port is not a number in [1, 65535]"},
        RefusedCase{"127.0.0.1:65536", "its port is not a number in [1, 65535]"},
        RefusedCase{"127.0.0.1: 80", "its port is not a number in [1, 65535]"},
        RefusedCase{"127.0.0.1:+80", "its port is not a number in [1, 65535]"},
        RefusedCase{"localhost:80", "it is neither IPv4:port, [IPv6]:port nor unix:/path"},
        RefusedCase{"::1:80", "it is neither IPv4:port, [IPv6]:port nor unix:/path"},
        RefusedCase{"[127.0.0.1]:80", "it is neither IPv4:port, [IPv6]:port nor unix:/path"},
        RefusedCase{std::string("127.0.0.1\0:80", 13), "it has a zero byte"},
        RefusedCase{"unix:", "the path has 0 bytes; allowed: 1 to 107"},
        RefusedCase{"unix:" + std::string(108, 'a'), "the path has 108 bytes; allowed: 1 to 107"}));

}  // namespace
}  // namespace nines
