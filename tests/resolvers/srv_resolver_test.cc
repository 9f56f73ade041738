// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/srv_resolver.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resolvers/real_dns_fixture.h"
#include "testbed/dns_server.h"

namespace nines {
namespace {

using testbed::DnsServer;
using ::testing::StartsWith;

constexpr char kService[] = "_greeter._tcp.test";

// A real DNS server that has SRV records.
class SrvResolverTest : public RealDnsFixture {
 protected:
  SrvResolverTest() : RealDnsFixture(EndpointRecorder::Detail::kAll) {}

  void SetServices(const std::vector<DnsServer::Service>& services) {
    ASSERT_EQ(server_->SetServices(kService, services), absl::OkStatus());
  }

  void Resolve() {
    RealDnsFixture::Resolve(*MakeSrvResolverFactory(Impatient()),
                            {"srv", server_->address(), kService});
  }
};

TEST_F(SrvResolverTest, FindsThreeTiersAndTheirWeights) {
  for (int i = 1; i <= 5; ++i)
    SetAddresses(absl::StrCat("h", i, ".test"), {absl::StrCat("127.0.1.", i)});
  SetServices({{"h1.test", 8001, 10, 1},
               {"h2.test", 8002, 10, 2},
               {"h3.test", 8003, 10, 4},
               {"h4.test", 8004, 20, 0},
               {"h5.test", 8005, 30, 7}});

  Resolve();

  EXPECT_EQ(recorder_.WaitForLine(0),
            "127.0.1.1:8001 tier 10 weight 1, 127.0.1.2:8002 tier 10 weight 2, "
            "127.0.1.3:8003 tier 10 weight 4, 127.0.1.4:8004 tier 20 weight 1, "
            "127.0.1.5:8005 tier 30 weight 7");
}

TEST_F(SrvResolverTest, FindsBothFamiliesOfAHost) {
  SetAddresses("h1.test", {"127.0.1.1", "::1"});
  SetServices({{"h1.test", 80, 0, 5}});

  Resolve();

  EXPECT_EQ(recorder_.WaitForLine(0), "127.0.1.1:80 tier 0 weight 5, [::1]:80 tier 0 weight 5");
}

TEST_F(SrvResolverTest, SeesANewRecordAndANewAddress) {
  SetAddresses("h1.test", {"127.0.1.1"});
  SetServices({{"h1.test", 80, 0, 1}});
  Resolve();
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.1.1:80 tier 0 weight 1");

  SetAddresses("h1.test", {"127.0.1.1", "127.0.1.2"});

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.1.1:80 tier 0 weight 1, 127.0.1.2:80 tier 0 weight 1");
}

TEST_F(SrvResolverTest, FindsMoreThanADatagramHolds) {
  std::vector<DnsServer::Service> services;
  for (int i = 0; i < 200; ++i) services.push_back({"h1.test", 1000 + i, 0, 1});
  SetAddresses("h1.test", {"127.0.1.1"});
  SetServices(services);

  Resolve();

  EXPECT_EQ(absl::StrJoin(services, ", ",
                          [](std::string* out, const DnsServer::Service& service) {
                            absl::StrAppend(out, "127.0.1.1:", service.port, " tier 0 weight 1");
                          }),
            recorder_.WaitForLine(0));
}

TEST_F(SrvResolverTest, AnUnknownServiceIsAnErrorThatNamesIt) {
  Resolve();

  EXPECT_THAT(
      recorder_.WaitForLine(0),
      StartsWith(absl::StrCat("NOT_FOUND: srv://", server_->address(), "/", kService, ":")));
}

TEST_F(SrvResolverTest, AHostWithoutAddressesIsAnErrorThatNamesIt) {
  SetServices({{"nobody.test", 80, 0, 1}});

  Resolve();

  EXPECT_THAT(recorder_.WaitForLine(0),
              StartsWith(absl::StrCat("NOT_FOUND: srv://", server_->address(), "/", kService,
                                      ": host nobody.test: ")));
}

TEST_F(SrvResolverTest, AServerThatEndsIsAnError) {
  SetAddresses("h1.test", {"127.0.1.1"});
  SetServices({{"h1.test", 80, 0, 1}});
  Resolve();
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.1.1:80 tier 0 weight 1");

  ASSERT_EQ(server_->Stop(), absl::OkStatus());

  EXPECT_THAT(recorder_.WaitForLine(1), StartsWith("UNAVAILABLE"));
}

}  // namespace
}  // namespace nines
