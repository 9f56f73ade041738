// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_target.h"

#include <memory>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nines/dns_resolver.h"

namespace nines {
namespace {

absl::StatusOr<DnsTarget> Parse(absl::string_view text) {
  return ParseDnsTarget(*ParseTarget(text));
}

std::string RefusalOf(absl::string_view text) {
  const absl::Status status = MakeDnsResolverFactory()->CheckTarget(*ParseTarget(text));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(DnsTargetTest, HasTheSystemsServersUnlessItNamesOne) {
  EXPECT_EQ(Parse("dns:///greeter:80")->server, "");
  EXPECT_EQ(Parse("dns://9.9.9.9/greeter:80")->server, "9.9.9.9:53");
  EXPECT_EQ(Parse("dns://9.9.9.9:5353/greeter:80")->server, "9.9.9.9:5353");
  EXPECT_EQ(Parse("dns://[2620:fe::fe]/greeter:80")->server, "[2620:fe::fe]:53");
  EXPECT_EQ(Parse("dns://[2620:fe::fe]:5353/greeter:80")->server, "[2620:fe::fe]:5353");
}

TEST(DnsTargetTest, HasPort443UnlessItNamesOne) {
  EXPECT_EQ(Parse("dns:///greeter")->port, 443);
  EXPECT_EQ(Parse("dns:///greeter:80")->port, 80);
}

TEST(DnsTargetTest, KnowsNamesFromAddresses) {
  EXPECT_EQ(std::get<std::string>(Parse("greeter.example:80")->host), "greeter.example");
  EXPECT_EQ(FormatIpAddress(std::get<IpAddress>(Parse("[::1]:80")->host)), "::1");
  EXPECT_EQ(FormatIpAddress(std::get<IpAddress>(Parse("127.0.0.1")->host)), "127.0.0.1");
}

TEST(DnsTargetTest, RefusalsNameTheTargetAndWhatIsAllowed) {
  EXPECT_EQ(RefusalOf("dns:///x:0"), "dns:///x:0: port 0 is out of range [1, 65535]");
  EXPECT_EQ(RefusalOf("dns:///"), "dns:///: the host is missing");
  EXPECT_EQ(RefusalOf("x:"), "dns:///x:: the port is missing after ':'");
  EXPECT_EQ(RefusalOf("dns:///0.0.0.0:80"),
            "dns:///0.0.0.0:80: 0.0.0.0 cannot be a server's address");
  EXPECT_EQ(RefusalOf("dns://ns.example/x"),
            "dns://ns.example/x: DNS server 'ns.example' is a name; it must be an IP address");
  EXPECT_EQ(RefusalOf("dns://9.9.9.9:0/x"),
            "dns://9.9.9.9:0/x: DNS server: port 0 is out of range [1, 65535]");
}

TEST(DnsTargetTest, DefaultAuthorityIsTheHostAsWritten) {
  const std::shared_ptr<const ResolverFactory> factory = MakeDnsResolverFactory();

  EXPECT_EQ(factory->DefaultAuthority(*ParseTarget("dns:///greeter.example")), "greeter.example");
  EXPECT_EQ(factory->DefaultAuthority(*ParseTarget("dns://9.9.9.9/greeter:80")), "greeter:80");
  EXPECT_EQ(factory->DefaultAuthority(*ParseTarget("dns:///::1")), "[::1]");
}

}  // namespace
}  // namespace nines
