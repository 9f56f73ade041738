// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/static_resolver.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "nines/dns_resolver.h"
#include "resolvers/endpoint_recorder.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct RefusedCase {
  std::string target;
  std::string why;
};

class RefusedStaticTargetTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedStaticTargetTest, NamesTheTargetAndTheReason) {
  const absl::Status status =
      MakeStaticResolverFactory()->CheckTarget(*ParseTarget(GetParam().target));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().target + ": "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedStaticTargetTest,
    ::testing::Values(
        RefusedCase{"static:///", "the list is empty; allowed: static:///address,address"},
        RefusedCase{"static://127.0.0.1:80/", "the list is preceded by an authority"},
        RefusedCase{"static:///127.0.0.1:80,", "'' is no address; allowed: host:port, IPv4:port, "},
        RefusedCase{
            "static:///127.0.0.1",
            "'127.0.0.1' has no port; allowed: host:port, IPv4:port, [IPv6]:port, unix:path"},
        RefusedCase{"static:///127.0.0.1:0", "port 0 is out of range [1, 65535]"},
        RefusedCase{"static:///224.0.0.1:80", "224.0.0.1 cannot be a server's address"},
        RefusedCase{"static:///127.0.0.1:80,greeter",
                    "'greeter' has no port; allowed: host:port, "},
        RefusedCase{"static:///unix:", "'unix:': a path has 1 to 107 bytes, none of them zero"},
        RefusedCase{"static:///unix:/a%00", "'unix:/a\\x00': a path has 1 to 107 bytes"},
        RefusedCase{"static:///unix:" + std::string(108, 'a'), "a path has 1 to 107 bytes"}));

class FixedEndpointsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Resolver> Make(const ResolverFactory& factory, absl::string_view target) {
    const Target parsed = *ParseTarget(target);
    EXPECT_EQ(factory.CheckTarget(parsed), absl::OkStatus());
    return factory.MakeResolver(parsed, {&loop_, nullptr, &recorder_});
  }

  ManualEventLoop loop_;
  EndpointRecorder recorder_;
};

TEST_F(FixedEndpointsTest, StaticGivesItsListOnceInItsOrder) {
  const auto resolver = Make(*MakeStaticResolverFactory(),
                             "static:///127.0.0.2:80,[0::1]:80,unix:/run/a,127.0.0.1:80");

  resolver->Start();
  EXPECT_THAT(recorder_.lines(), IsEmpty()) << "called from within Start()";
  loop_.Advance(absl::Hours(1));
  resolver->Refresh();
  loop_.Advance(absl::Hours(1));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.2:80 [::1]:80 unix:/run/a 127.0.0.1:80"));
}

TEST_F(FixedEndpointsTest, StaticDropsWhatItHasAlready) {
  const auto resolver = Make(*MakeStaticResolverFactory(),
                             "static:///[::1]:80,127.0.0.1:80,[0:0::1]:80,127.0.0.1:080");

  resolver->Start();
  loop_.Advance(absl::ZeroDuration());

  EXPECT_THAT(recorder_.lines(), ElementsAre("[::1]:80 127.0.0.1:80"));
}

TEST_F(FixedEndpointsTest, DnsGivesAnAddressWithoutAQuery) {
  const auto resolver = Make(*MakeDnsResolverFactory(), "dns:///[::1]:80");

  resolver->Start();
  EXPECT_THAT(recorder_.lines(), IsEmpty()) << "called from within Start()";
  loop_.Advance(absl::Hours(1));

  EXPECT_THAT(recorder_.lines(), ElementsAre("[::1]:80"));
}

TEST_F(FixedEndpointsTest, ADestroyedResolverIsSilent) {
  auto resolver = Make(*MakeStaticResolverFactory(), "static:///127.0.0.1:80");

  resolver->Start();
  resolver.reset();
  loop_.Advance(absl::Hours(1));

  EXPECT_THAT(recorder_.lines(), IsEmpty());
}

TEST(StaticResolverTest, DefaultAuthorityIsTheFirstEntry) {
  const std::shared_ptr<const ResolverFactory> factory = MakeStaticResolverFactory();

  EXPECT_EQ(factory->DefaultAuthority(*ParseTarget("static:///[::1]:80,127.0.0.1:80")), "[::1]:80");
  EXPECT_EQ(factory->DefaultAuthority(*ParseTarget("static:///unix:/a,127.0.0.1:80")), "localhost");
}

}  // namespace
}  // namespace nines
