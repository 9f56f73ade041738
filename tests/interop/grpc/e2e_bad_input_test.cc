// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Wrong configs and targets: a Status that says what is wrong, never a crash or a hang.

#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"

namespace nines::testing {
namespace {

using testbed::MakeCall;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::Status CreateWithConfig(const std::string& service_config) {
  return nines::CreateChannel("static:///127.0.0.1:1", ::grpc::InsecureChannelCredentials(),
                              {.service_config_json = service_config})
      .status();
}

TEST(BadConfigTest, EveryProblemIsNamedWithItsPath) {
  const absl::Status status = CreateWithConfig(R"({
    "loadBalancingConfig": [{"nines": {
      "hash": {"tableSize": 10},
      "outlierDetection": {"interval": "soon", "maxEjectionPercent": 101},
      "outlierDetektion": {}}}]})");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("tableSize"), HasSubstr("outlierDetection.interval"),
                    HasSubstr("outlierDetection.maxEjectionPercent"), HasSubstr("101"),
                    HasSubstr("outlierDetektion")));
}

TEST(BadConfigTest, WhatChannelsCannotDoIsRefusedByNameWithWhatCan) {
  const absl::Status status = CreateWithConfig(
      R"({"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2}}]})");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("methodConfig[0].hedgingPolicy"), HasSubstr("HedgedUnaryCall")));
}

class RefusedConfigTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedConfigTest, IsAnInvalidArgument) {
  EXPECT_EQ(CreateWithConfig(GetParam()).code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Configs, RefusedConfigTest,
    ::testing::Values("not JSON", "[]", "{", R"({"loadBalancingConfig": {}})",
                      R"({"loadBalancingConfig": [{"nines": []}]})",
                      R"({"loadBalancingConfig": [{"nines": {"random": {}, "hash": {}}}]})",
                      R"({"methodConfig": [{"name": [{}], "timeout": 5}]})", std::string(1, '\0'),
                      std::string(10 << 20, ' '), "\xff\xfe{}", std::string(10000, '['),
                      absl::StrCat(R"({"loadBalancingConfig":)", std::string(10000, '['))),
    [](const auto& instance) { return absl::StrCat("number", instance.index); });

absl::Status CreateForTarget(const std::string& target) {
  return nines::CreateChannel(target, ::grpc::InsecureChannelCredentials()).status();
}

class RefusedTargetTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedTargetTest, IsAnInvalidArgument) {
  EXPECT_EQ(CreateForTarget(GetParam()).code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Targets, RefusedTargetTest,
    ::testing::Values("", "dns:///", "dns:///:80", "dns:///x:0", "dns:///x:65536", "static:///",
                      "static:///nowhere", "file:///", "file:///etc/", "file://host/list",
                      "srv:///greeter", "srv:///_a._tcp.b:80", "dns:///a b", "dns:///%zz",
                      std::string(5000, 'a'), std::string("dns:///a\0b", 10), "dns:///\xff"),
    [](const auto& instance) { return absl::StrCat("number", instance.index); });

TEST(BadTargetTest, ASchemeThatNobodyKnowsIsToldFromATargetThatGrpcDoesNotTake) {
  EXPECT_THAT(std::string(CreateForTarget("ftp:///x").message()),
              HasSubstr("scheme 'ftp' is not known; allowed: dns, file, manual, srv, static, and "
                        "what gRPC resolves: ipv4, ipv6, unix"));
  const absl::Status status = CreateForTarget("ipv4:nowhere");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              StartsWith("ipv4:nowhere: gRPC, which resolves scheme 'ipv4'"));
}

TEST(BadTargetTest, AnyBytesAreSurvived) {
  std::mt19937 random(42);
  for (int i = 0; i < 300; ++i) {
    std::string target(random() % 40, '\0');
    for (char& byte : target) byte = static_cast<char>(random());
    const absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
        nines::CreateChannel(target, ::grpc::InsecureChannelCredentials());
    if (channel.ok()) MakeCall(*channel, {.deadline = absl::Milliseconds(1)}).IgnoreError();
  }
}

/// Policy nines in channels that gRPC itself makes.
class PlainChannelTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    StartFleet(3);
    ASSERT_TRUE(RegisterGrpcPlugins().ok());
  }

  std::shared_ptr<::grpc::Channel> ConnectPlainly(const std::string& service_config) {
    ::grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(service_config);
    return ::grpc::CreateCustomChannel(
        absl::StrCat("ipv4:", absl::StrJoin(fleet_->addresses(), ",")),
        ::grpc::InsecureChannelCredentials(), arguments);
  }
};

TEST_F(PlainChannelTest, TheServiceConfigNamesThePolicy) {
  const auto channel = ConnectPlainly(R"({"loadBalancingConfig": [{"nines": {}}]})");
  WarmUp(channel);

  EXPECT_THAT(BackendsOf(channel, 100), ElementsAre("b1", "b2", "b3"));
}

TEST_F(PlainChannelTest, AKeyIsHashed) {
  const auto channel = ConnectPlainly(R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})");
  WarmUp(channel);

  EXPECT_THAT(BackendsOf(channel, 50, WithHashKey("alice")), ::testing::SizeIs(1));
}

TEST_F(PlainChannelTest, ARetryGoesElsewhere) {
  const auto channel = ConnectPlainly(
      absl::StrCat(R"({"loadBalancingConfig": [{"nines": {}}], )", kFourAttempts, "}"));
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  EXPECT_THAT(BackendsOf(channel, 100), ElementsAre("b2", "b3"));
}

TEST_F(PlainChannelTest, AWrongConfigFailsTheCall) {
  const auto channel =
      ConnectPlainly(R"({"loadBalancingConfig": [{"nines": {"hash": {"tableSize": 10}}}]})");

  // gRPC logs what is wrong and gives the caller a channel that answers this.
  EXPECT_EQ(MakeCall(channel).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PlainChannelTest, RegisteringTwiceIsWell) {
  EXPECT_TRUE(RegisterGrpcPlugins().ok());
  EXPECT_TRUE(RegisterGrpcPlugins().ok());
}

}  // namespace
}  // namespace nines::testing
