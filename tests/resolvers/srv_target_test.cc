// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_target.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "nines/srv_resolver.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<SrvTarget> Parse(const std::string& target) {
  return ParseSrvTarget(*ParseTarget(target));
}

TEST(SrvTargetTest, HasAServiceAndItsDomain) {
  const absl::StatusOr<SrvTarget> target = Parse("srv:///_greeter._tcp.prod.example");

  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->server, "");
  EXPECT_EQ(target->name, "_greeter._tcp.prod.example");
  EXPECT_EQ(target->domain, "prod.example");
}

TEST(SrvTargetTest, MayNameADnsServer) {
  const absl::StatusOr<SrvTarget> target = Parse("srv://192.0.2.1/_a._tcp.b.");

  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->server, "192.0.2.1:53");
  EXPECT_EQ(target->name, "_a._tcp.b.");
  EXPECT_EQ(target->domain, "b");
}

TEST(SrvTargetTest, TheAuthorityIsTheDomain) {
  const Target target = *ParseTarget("srv:///_greeter._tcp.prod.example");

  EXPECT_EQ(MakeSrvResolverFactory()->DefaultAuthority(target), "prod.example");
}

struct RefusedCase {
  std::string target;
  std::string why;
};

class RefusedSrvTargetTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedSrvTargetTest, NamesTheTargetAndTheReason) {
  const absl::Status status = Parse(GetParam().target).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().target + ": "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedSrvTargetTest,
    ::testing::Values(RefusedCase{"srv:///", "the host is missing"},
                      RefusedCase{"srv:///greeter.example", "it names no service"},
                      RefusedCase{"srv:///_greeter.example", "it names no service"},
                      RefusedCase{"srv:///_greeter._tcp", "it names no service"},
                      RefusedCase{"srv:///_greeter._tcp.", "it names no service"},
                      RefusedCase{"srv:///_._tcp.example", "it names no service"},
                      RefusedCase{"srv:///127.0.0.1", "it names no service"},
                      RefusedCase{"srv:///_a._tcp.example:80", "SRV records have their own"},
                      RefusedCase{"srv://resolver/_a._tcp.example", "must be an IP address"}));

}  // namespace
}  // namespace nines
