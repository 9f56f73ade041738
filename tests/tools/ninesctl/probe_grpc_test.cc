// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Against real gRPC backends.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl_process.h"
#include "testbed/fleet.h"

namespace nines::ctl {
namespace {

class ProbeGrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto fleet = testbed::Fleet::Start(3);
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    fleet_ = *std::move(fleet);
    target_ = absl::StrCat("static:///", absl::StrJoin(fleet_->addresses(), ","));
  }

  std::unique_ptr<testbed::Fleet> fleet_;
  std::string target_;
};

TEST_F(ProbeGrpcTest, ServersThatServeAreHealthy) {
  const Ran ran = RunNinesctl({"probe", target_, "--grpc", "", "--count", "2", "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.json()["kind"], "grpc");
  EXPECT_EQ(ran.json()["endpoints"][2]["verdict"], "healthy");
}

TEST_F(ProbeGrpcTest, SaysWhoDoesNotServeWhoHangsAndWhoIsGone) {
  ASSERT_TRUE(fleet_->backend(0).SayNotServing().ok());
  ASSERT_TRUE(fleet_->backend(1).Hang().ok());
  ASSERT_TRUE(fleet_->backend(2).Kill().ok());

  const Ran ran = RunNinesctl({"probe", target_, "--grpc", "", "--timeout", "300ms", "--json"});

  EXPECT_EQ(ran.exit_status, 1) << ran.err;
  const nlohmann::json endpoints = ran.json()["endpoints"];
  for (const nlohmann::json& endpoint : endpoints) EXPECT_EQ(endpoint["verdict"], "unhealthy");
  EXPECT_THAT(std::string(endpoints[0]["probes"][0]["error"]["message"]),
              ::testing::HasSubstr("NOT_SERVING"));
  EXPECT_EQ(endpoints[1]["probes"][0]["error"]["code"], "DEADLINE_EXCEEDED");
  EXPECT_EQ(endpoints[2]["probes"][0]["error"]["code"], "UNAVAILABLE");
}

TEST_F(ProbeGrpcTest, AServiceThatTheServerDoesNotKnowIsBadNews) {
  const Ran ran = RunNinesctl({"probe", target_, "--grpc", "no.such.Service"});

  EXPECT_EQ(ran.exit_status, 1) << ran.out;
}

}  // namespace
}  // namespace nines::ctl
