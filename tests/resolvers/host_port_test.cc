// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "host_port.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

std::string Label63() { return std::string(63, 'a'); }
std::string Name253() {
  return Label63() + "." + Label63() + "." + Label63() + "." + std::string(61, 'a');
}

struct HostPortCase {
  std::string text;
  bool is_address = false;
  std::optional<uint16_t> port;
  std::string formatted;
};

class HostPortTest : public ::testing::TestWithParam<HostPortCase> {};

TEST_P(HostPortTest, IsTakenApart) {
  const absl::StatusOr<HostPort> host_port = ParseHostPort(GetParam().text);

  ASSERT_TRUE(host_port.ok()) << host_port.status();
  EXPECT_EQ(std::holds_alternative<IpAddress>(host_port->host), GetParam().is_address);
  EXPECT_EQ(host_port->port, GetParam().port);
  EXPECT_EQ(FormatHostPort(*host_port), GetParam().formatted);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostPortTest,
    ::testing::Values(HostPortCase{"greeter", false, std::nullopt, "greeter"},
                      HostPortCase{"greeter.example:443", false, 443, "greeter.example:443"},
                      HostPortCase{"greeter.example.:1", false, 1, "greeter.example.:1"},
                      HostPortCase{"_grpc.my-host_2:65535", false, 65535, "_grpc.my-host_2:65535"},
                      HostPortCase{"4everyone.example", false, std::nullopt, "4everyone.example"},
                      HostPortCase{Name253(), false, std::nullopt, Name253()},
                      HostPortCase{Name253() + ".", false, std::nullopt, Name253() + "."},
                      HostPortCase{"192.0.2.1", true, std::nullopt, "192.0.2.1"},
                      HostPortCase{"192.0.2.1:00080", true, 80, "192.0.2.1:80"},
                      HostPortCase{"::1", true, std::nullopt, "[::1]"},
                      HostPortCase{"2001:db8::1", true, std::nullopt, "[2001:db8::1]"},
                      HostPortCase{"[::1]", true, std::nullopt, "[::1]"},
                      HostPortCase{"[0::1]:80", true, 80, "[::1]:80"}));

struct RefusedCase {
  std::string text;
  std::string why;
};

class RefusedHostPortTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedHostPortTest, SaysWhy) {
  const absl::Status status = ParseHostPort(GetParam().text).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Ports, RefusedHostPortTest,
    ::testing::Values(RefusedCase{"x:", "the port is missing after ':'"},
                      RefusedCase{"x:0", "port 0 is out of range [1, 65535]"},
                      RefusedCase{"x:65536", "port 65536 is out of range [1, 65535]"},
                      RefusedCase{"x:99999999999999999999999",
                                  "port 99999999999999999999 is out of range [1, 65535]"},
                      RefusedCase{"x:https", "port 'https' is not a number"},
                      RefusedCase{"x:-1", "port '-1' is not a number"},
                      RefusedCase{"x: 1", "port ' 1' is not a number"},
                      RefusedCase{"[::1]:", "the port is missing after ':'"}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, RefusedHostPortTest,
    ::testing::Values(
        RefusedCase{"", "the host is missing"}, RefusedCase{":80", "the host is missing"},
        RefusedCase{".", "host '.' has an empty label"},
        RefusedCase{"a..b", "host 'a..b' has an empty label"},
        RefusedCase{"a/b", "host 'a/b' has the character '/'; allowed: letters, digits, '-' and"},
        RefusedCase{"a b", "host 'a b' has the character ' '"},
        RefusedCase{std::string("x\0z", 3), "host 'x\\x00z' has the character '\\x00'"},
        RefusedCase{Label63() + "a", "has a label of 64 characters; at most 63 are allowed"},
        RefusedCase{Name253() + "a", "has 254 characters; at most 253 are allowed"},
        RefusedCase{"1.2.3.999", "host '1.2.3.999' is neither a name nor an IPv4 address"},
        RefusedCase{"12345:80", "host '12345' is neither a name nor an IPv4 address"},
        RefusedCase{"a:b:c", "'a:b:c' has several ':', but is not an IPv6 address"},
        RefusedCase{"[::1", "a '[' has no ']'"},
        RefusedCase{"[]:80", "'' in brackets is not an IPv6 address"},
        RefusedCase{"[1.2.3.4]:80", "'1.2.3.4' in brackets is not an IPv6 address"},
        RefusedCase{"[::1]80", "after ']' only ':' and a port can follow"}));

}  // namespace
}  // namespace nines
