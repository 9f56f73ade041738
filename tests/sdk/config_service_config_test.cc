// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The fields around "nines", through the public door. Where gRPC reads the same field, its own
// rules hold, those of the installed gRPC 1.51 included.

#include <algorithm>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr absl::string_view kRetryPolicy =
    R"({"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2.5,
        "retryableStatusCodes": ["UNAVAILABLE", "DATA_LOSS", "UNAVAILABLE"]})";

// `json` is one entry of methodConfig.
std::string MethodProblems(absl::string_view json) {
  return ServiceProblems(absl::StrCat(R"({"methodConfig": [)", json, "]}"));
}

// `json` is a retryPolicy.
std::string RetryProblems(absl::string_view json) {
  return MethodProblems(absl::StrCat(R"({"retryPolicy": )", json, "}"));
}

// kRetryPolicy with `replacement` in the place of `original`.
std::string RetryProblemsWith(absl::string_view original, absl::string_view replacement) {
  std::string policy(kRetryPolicy);
  const size_t at = policy.find(std::string(original));
  EXPECT_NE(at, std::string::npos);
  return RetryProblems(policy.replace(at, original.size(), std::string(replacement)));
}

std::string NameOfMatch(const ServiceConfig& config, absl::string_view method) {
  const MethodConfig* found = config.FindMethod(method);
  return found == nullptr ? "none" : absl::StrCat("entry ", found - config.methods.data());
}

TEST(ServiceConfigTest, EmptyTextAndEmptyObjectMeanDefaults) {
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(ParseService("").balancer.algorithm));
  EXPECT_THAT(ParseService("").methods, IsEmpty());
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(ParseService("{}").balancer.algorithm));
}

TEST(ServiceConfigTest, RootMustBeAnObject) {
  EXPECT_EQ(ServiceProblems("7"), "service config: 7 is not an object; allowed: an object");
  EXPECT_THAT(ServiceProblems("x"), StartsWith("service config: not JSON: line 1, column 1: "));
}

TEST(ServiceConfigTest, FieldsThatNobodyKnowsArePassedOver) {
  EXPECT_THAT(
      ServiceProblems(R"({"futureField": {"a": [1]}, "methodConfig": [{"futureField": 1}]})"),
      IsEmpty());
}

TEST(ServiceConfigTest, ProblemsInAllPlacesAreReported) {
  EXPECT_EQ(ServiceProblems(R"({
      "loadBalancingConfig": [{"nines": {"hash": {"tableSize": 65536}}}],
      "methodConfig": [{"timeout": 1}, {"waitForReady": "yes"}],
      "retryThrottling": {"maxTokens": 1001, "tokenRatio": 0.1}})"),
            "loadBalancingConfig[0].nines.hash.tableSize: 65536 is not a prime; allowed: a prime "
            "in [3, 5000011]\n"
            "methodConfig[0].timeout: 1 is not a duration; allowed: a duration in [\"0s\", "
            "\"315576000000s\"], in seconds with at most 9 decimals\n"
            "methodConfig[1].waitForReady: \"yes\" is not a boolean; allowed: true, false\n"
            "retryThrottling.maxTokens: 1001 is out of range; allowed: an integer in [1, 1000]");
}

TEST(LoadBalancingConfigTest, EntryOfNinesIsRead) {
  const ServiceConfig config =
      ParseService(R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})");

  EXPECT_TRUE(std::holds_alternative<HashConfig>(config.balancer.algorithm));
}

TEST(LoadBalancingConfigTest, PoliciesAfterNinesAndUnknownOnesBeforeItArePassedOver) {
  const ServiceConfig config = ParseService(R"({"loadBalancingConfig": [
      {"future_policy": {"x": 1}}, {"nines": {"hash": {}}}, {"nines": {"random": {}}},
      {"round_robin": {}}]})");

  EXPECT_TRUE(std::holds_alternative<HashConfig>(config.balancer.algorithm));
}

TEST(LoadBalancingConfigTest, PolicyThatGrpcWouldPreferIsRefused) {
  EXPECT_EQ(ServiceProblems(R"({"loadBalancingConfig": [{"round_robin": {}}, {"nines": {}}]})"),
            "loadBalancingConfig[0].round_robin: stands before nines, so that gRPC would use it "
            "instead");
}

TEST(LoadBalancingConfigTest, NinesMustBeAmongThem) {
  EXPECT_EQ(ServiceProblems(R"({"loadBalancingConfig": []})"),
            "loadBalancingConfig: has no entry for nines; allowed: one with the key \"nines\"");
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingConfig": [{"other": {}}]})"),
              HasSubstr("has no entry for nines"));
}

TEST(LoadBalancingConfigTest, EntriesNameOnePolicyEach) {
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingConfig": [{"nines": {}}, {}]})"),
              StartsWith("loadBalancingConfig[1]: names 0 policies; allowed: exactly one"));
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingConfig": [{"nines": {}, "round_robin": {}}]})"),
              StartsWith("loadBalancingConfig[0]: names 2 policies; allowed: exactly one"));
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingConfig": [{"nines": {}}, 5]})"),
              StartsWith("loadBalancingConfig[1]: 5 is not an object"));
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingConfig": [{"nines": null}]})"),
              StartsWith("loadBalancingConfig[0].nines: null is not an object"));
  EXPECT_EQ(ServiceProblems(R"({"loadBalancingConfig": {"nines": {}}})"),
            "loadBalancingConfig: an object is not an array; allowed: an array");
}

TEST(LoadBalancingConfigTest, DeprecatedFieldIsRefused) {
  EXPECT_THAT(ServiceProblems(R"({"loadBalancingPolicy": "round_robin"})"),
              StartsWith("loadBalancingPolicy: deprecated"));
}

TEST(MethodConfigTest, FieldsAreRead) {
  const ServiceConfig config = ParseService(R"({"methodConfig": [
      {"name": [{"service": "a.B", "method": "C"}, {"service": "a.B"}, {}], "timeout": "0s",
       "waitForReady": true}]})");

  ASSERT_THAT(config.methods, SizeIs(1));
  EXPECT_THAT(config.methods[0].names, ElementsAre("/a.B/C", "/a.B/", ""));
  EXPECT_THAT(config.methods[0].timeout, Optional(absl::ZeroDuration()));
  EXPECT_THAT(config.methods[0].wait_for_ready, Optional(true));
  EXPECT_FALSE(config.methods[0].retry_policy.has_value());
}

TEST(MethodConfigTest, EntryWithoutNamesAppliesToNothing) {
  const ServiceConfig config =
      ParseService(R"({"methodConfig": [{"timeout": "1s"}, {"name": []}]})");

  ASSERT_THAT(config.methods, SizeIs(2));
  EXPECT_EQ(config.FindMethod("/a/b"), nullptr);
}

TEST(MethodConfigTest, MethodHasOneConfig) {
  EXPECT_EQ(MethodProblems(R"({"name": [{"service": "a", "method": "b"}]},
                              {"name": [{"service": "a"}, {"service": "a", "method": "b"}]})"),
            "methodConfig[1].name[1]: \"/a/b\" has a config already, at methodConfig[0].name[0]");
  EXPECT_EQ(MethodProblems(R"({"name": [{}, {"service": ""}]})"),
            "methodConfig[0].name[1]: the default has a config already, at "
            "methodConfig[0].name[0]");
}

TEST(MethodConfigTest, NamesAreChecked) {
  EXPECT_EQ(MethodProblems(R"({"name": [{"method": "b"}]})"),
            "methodConfig[0].name[0]: has a method but no service");
  EXPECT_THAT(MethodProblems(R"({"name": [{"service": 1}]})"),
              StartsWith("methodConfig[0].name[0].service: 1 is not a string"));
  EXPECT_THAT(MethodProblems(R"({"name": {}})"),
              StartsWith("methodConfig[0].name: an object is not an array"));
  EXPECT_THAT(MethodProblems(R"("x")"), StartsWith("methodConfig[0]: \"x\" is not an object"));
}

TEST(FindMethodTest, PrefersTheMethodThenTheServiceThenTheDefault) {
  const ServiceConfig config = ParseService(R"({"methodConfig": [
      {"name": [{}]}, {"name": [{"service": "a"}]}, {"name": [{"service": "a", "method": "b"}]}]})");

  EXPECT_EQ(NameOfMatch(config, "/a/b"), "entry 2");
  EXPECT_EQ(NameOfMatch(config, "/a/c"), "entry 1");
  EXPECT_EQ(NameOfMatch(config, "/b/b"), "entry 0");
  EXPECT_EQ(NameOfMatch(config, ""), "entry 0");
  EXPECT_EQ(NameOfMatch(config, "no slash"), "entry 0");
}

TEST(FindMethodTest, ServiceIsWhatPrecedesTheLastSlash) {
  const ServiceConfig config =
      ParseService(R"({"methodConfig": [{"name": [{"service": "a/b"}]}]})");

  EXPECT_EQ(NameOfMatch(config, "/a/b/c"), "entry 0");
  EXPECT_EQ(NameOfMatch(config, "/a/b"), "none");
}

TEST(FindMethodTest, WithoutDefaultOthersHaveNone) {
  const ServiceConfig config = ParseService(R"({"methodConfig": [{"name": [{"service": "a"}]}]})");

  EXPECT_EQ(NameOfMatch(config, "/b/c"), "none");
  EXPECT_EQ(NameOfMatch(config, ""), "none");
}

TEST(RetryPolicyConfigTest, FieldsAreRead) {
  const ServiceConfig config = ParseService(
      absl::StrCat(R"({"methodConfig": [{"name": [{}], "retryPolicy": )", kRetryPolicy, "}]}"));

  ASSERT_TRUE(config.methods[0].retry_policy.has_value());
  const RetryPolicy& policy = *config.methods[0].retry_policy;
  EXPECT_EQ(policy.max_attempts, 3);
  EXPECT_EQ(policy.initial_backoff, absl::Milliseconds(100));
  EXPECT_EQ(policy.max_backoff, absl::Seconds(1));
  EXPECT_EQ(policy.backoff_multiplier, 2.5);
  EXPECT_THAT(policy.retryable_codes,
              ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss));
  EXPECT_THAT(policy.per_attempt_recv_timeout, Eq(std::nullopt));
}

TEST(RetryPolicyConfigTest, MoreThanFiveAttemptsCountAsFive) {
  const ServiceConfig config = ParseService(R"({"methodConfig": [{"retryPolicy": {
      "maxAttempts": "2147483647", "initialBackoff": "0.001s", "maxBackoff": "1s",
      "backoffMultiplier": "1.5", "retryableStatusCodes": ["INTERNAL"]}}]})");

  EXPECT_EQ(config.methods[0].retry_policy->max_attempts, 5);
  EXPECT_EQ(config.methods[0].retry_policy->backoff_multiplier, 1.5);
}

TEST(RetryPolicyConfigTest, NamesEveryFieldThatIsMissing) {
  EXPECT_EQ(RetryProblems("{}"),
            "methodConfig[0].retryPolicy.maxAttempts: is missing, and required\n"
            "methodConfig[0].retryPolicy.initialBackoff: is missing, and required\n"
            "methodConfig[0].retryPolicy.maxBackoff: is missing, and required\n"
            "methodConfig[0].retryPolicy.backoffMultiplier: is missing, and required\n"
            "methodConfig[0].retryPolicy.retryableStatusCodes: is missing, and required");
}

TEST(RetryPolicyConfigTest, RangesAreThoseOfA6) {
  EXPECT_THAT(RetryProblemsWith("3", "1"), HasSubstr("maxAttempts: 1 is out of range"));
  EXPECT_THAT(RetryProblemsWith("3", "3.0"), HasSubstr("maxAttempts: 3.0 is not an integer"));
  EXPECT_THAT(RetryProblemsWith("0.1s", "0s"), HasSubstr("initialBackoff: \"0s\" is out of range"));
  EXPECT_THAT(RetryProblemsWith("0.1s", "0.0001s"), HasSubstr("initialBackoff: "));
  EXPECT_THAT(RetryProblemsWith("\"1s\"", "1"), HasSubstr("maxBackoff: 1 is not a duration"));
  EXPECT_THAT(RetryProblemsWith("2.5", "0"), HasSubstr("backoffMultiplier: 0 is out of range"));
  EXPECT_THAT(RetryProblemsWith("2.5", "-1"), HasSubstr("backoffMultiplier: -1 is out of range"));
  EXPECT_THAT(RetryProblemsWith("2.5", "1e1"), HasSubstr("backoffMultiplier: 1e1 is not a number"));
  EXPECT_THAT(RetryProblemsWith("2.5", "\"nan\""), HasSubstr("\"nan\" is not a number"));
}

TEST(RetryPolicyConfigTest, CodesAreUpperCaseNamesAsInGrpc151) {
  EXPECT_THAT(RetryProblemsWith("\"DATA_LOSS\"", "14"),
              HasSubstr("retryableStatusCodes[1]: 14 is not a string"));
  EXPECT_THAT(RetryProblemsWith("DATA_LOSS", "data_loss"),
              HasSubstr("retryableStatusCodes[1]: \"data_loss\" is not a status code to retry; "
                        "allowed: CANCELLED, UNKNOWN, "));
  EXPECT_THAT(RetryProblemsWith("DATA_LOSS", "OK"), HasSubstr("\"OK\" is not a status code"));
}

TEST(RetryPolicyConfigTest, CodesMayBeLeftOutBesidePerAttemptTimeout) {
  const ServiceConfig config = ParseService(R"({"methodConfig": [{"retryPolicy": {
      "maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1,
      "perAttemptRecvTimeout": "0.2s"}}]})");

  EXPECT_THAT(config.methods[0].retry_policy->retryable_codes, IsEmpty());
  EXPECT_THAT(config.methods[0].retry_policy->per_attempt_recv_timeout,
              Optional(absl::Milliseconds(200)));
}

TEST(RetryPolicyConfigTest, EmptyCodesAreAnErrorOtherwise) {
  EXPECT_THAT(RetryProblemsWith(R"(["UNAVAILABLE", "DATA_LOSS", "UNAVAILABLE"])", "[]"),
              HasSubstr("retryableStatusCodes: is empty"));
  EXPECT_THAT(RetryProblemsWith(R"(["UNAVAILABLE", "DATA_LOSS", "UNAVAILABLE"])", "{}"),
              Eq("methodConfig[0].retryPolicy.retryableStatusCodes: an object is not an array; "
                 "allowed: an array"));
}

TEST(RetryPolicyConfigTest, PerAttemptTimeoutIsPositive) {
  EXPECT_THAT(
      RetryProblemsWith("\"maxAttempts\"", R"("perAttemptRecvTimeout": "0s", "maxAttempts")"),
      HasSubstr("perAttemptRecvTimeout: \"0s\" is out of range"));
}

TEST(GrpcOnlyFieldsTest, AreCheckedAndNamed) {
  const ServiceConfig config = ParseService(R"({
      "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
      "healthCheckConfig": {"serviceName": ""}})");

  EXPECT_THAT(config.grpc_only_fields, ElementsAre("healthCheckConfig"));
  EXPECT_THAT(ParseService("{}").grpc_only_fields, IsEmpty());
}

TEST(GrpcOnlyFieldsTest, ThrottlingHasTheRangesOfA6) {
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": {}})"), HasSubstr("maxTokens: is missing"));
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}})"),
              HasSubstr("maxTokens: 0 is out of range"));
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": {"maxTokens": 10.5, "tokenRatio": 1}})"),
              HasSubstr("maxTokens: 10.5 is not an integer"));
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": {"maxTokens": 1, "tokenRatio": 0.0001}})"),
              HasSubstr("tokenRatio: 0.0001 is out of range"));
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": {"maxTokens": 1, "tokenRatio": 1e-1}})"),
              HasSubstr("tokenRatio: 1e-1 is not a number"));
  EXPECT_THAT(ServiceProblems(R"({"retryThrottling": 1})"), HasSubstr("1 is not an object"));
}

TEST(GrpcOnlyFieldsTest, HealthCheckServiceIsAString) {
  EXPECT_THAT(ServiceProblems(R"({"healthCheckConfig": {"serviceName": 1}})"),
              StartsWith("healthCheckConfig.serviceName: 1 is not a string"));
  EXPECT_THAT(ServiceProblems(R"({"healthCheckConfig": ""})"), HasSubstr("is not an object"));
}

}  // namespace
}  // namespace nines
