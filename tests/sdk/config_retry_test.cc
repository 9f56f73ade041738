// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the config says of retries and hedges beside retryPolicy, through the public door.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

std::string WithBudget(absl::string_view budget) {
  return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"retryBudget": )", budget, "}}]}");
}

std::string WithHedging(absl::string_view hedging) {
  return absl::StrCat(R"({"methodConfig": [{"hedgingPolicy": )", hedging, "}]}");
}

TEST(RetryBudgetConfigTest, IsOnByDefault) {
  const RetryBudgetConfig budget = ParseService("{}").balancer.retry_budget;

  EXPECT_EQ(budget.percent, 20);
  EXPECT_EQ(budget.min_per_second, 10);
  EXPECT_EQ(budget.ttl, absl::Seconds(10));
}

TEST(RetryBudgetConfigTest, FieldsAreRead) {
  const RetryBudgetConfig budget =
      ParseService(WithBudget(R"({"percent": 400, "minPerSecond": 0, "ttl": "60s"})"))
          .balancer.retry_budget;

  EXPECT_EQ(budget.percent, 400);
  EXPECT_EQ(budget.min_per_second, 0);
  EXPECT_EQ(budget.ttl, absl::Minutes(1));
}

TEST(RetryBudgetConfigTest, RangesAreChecked) {
  EXPECT_THAT(ServiceProblems(WithBudget(R"({"percent": 401})")),
              HasSubstr("nines.retryBudget.percent: 401 is out of range; allowed: an integer in "
                        "[0, 400]"));
  EXPECT_THAT(ServiceProblems(WithBudget(R"({"minPerSecond": 1000001})")),
              HasSubstr("minPerSecond: 1000001 is out of range"));
  EXPECT_THAT(ServiceProblems(WithBudget(R"({"ttl": "0.999s"})")), HasSubstr("is out of range"));
  EXPECT_THAT(ServiceProblems(WithBudget(R"({"ttl": "60.1s"})")), HasSubstr("is out of range"));
  EXPECT_THAT(ServiceProblems(WithBudget(R"({"precent": 1})")), HasSubstr("did you mean percent?"));
  EXPECT_THAT(ServiceProblems(WithBudget("7")), HasSubstr("retryBudget: 7 is not an object"));
}

TEST(HedgingPolicyConfigTest, DefaultsAreThoseOfA6) {
  const ServiceConfig config = ParseService(WithHedging(R"({"maxAttempts": 2})"));

  ASSERT_TRUE(config.methods[0].hedging_policy.has_value());
  const HedgingPolicy& policy = *config.methods[0].hedging_policy;
  EXPECT_EQ(policy.max_attempts, 2);
  EXPECT_EQ(policy.hedging_delay, absl::ZeroDuration());
  EXPECT_THAT(policy.adaptive_quantile, Eq(std::nullopt));
  EXPECT_THAT(policy.non_fatal_codes, IsEmpty());
}

TEST(HedgingPolicyConfigTest, FieldsAreRead) {
  const ServiceConfig config = ParseService(WithHedging(
      R"({"maxAttempts": 9, "hedgingDelay": "0.05s", "adaptiveDelay": {"quantile": 0.95},
          "nonFatalStatusCodes": ["UNAVAILABLE", "ABORTED", "UNAVAILABLE"]})"));

  const HedgingPolicy& policy = *config.methods[0].hedging_policy;
  EXPECT_EQ(policy.max_attempts, 5);
  EXPECT_EQ(policy.hedging_delay, absl::Milliseconds(50));
  EXPECT_THAT(policy.adaptive_quantile, Optional(0.95));
  EXPECT_THAT(policy.non_fatal_codes,
              ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kAborted));
  EXPECT_TRUE(policy.IsNonFatal(absl::StatusCode::kAborted));
  EXPECT_FALSE(policy.IsNonFatal(absl::StatusCode::kInternal));
}

TEST(HedgingPolicyConfigTest, RangesAreChecked) {
  EXPECT_THAT(ServiceProblems(WithHedging("{}")),
              HasSubstr("maxAttempts: is missing, and required"));
  EXPECT_THAT(ServiceProblems(WithHedging(R"({"maxAttempts": 1})")),
              HasSubstr("1 is out of range"));
  EXPECT_THAT(ServiceProblems(WithHedging(R"({"maxAttempts": 2, "hedgingDelay": "-1s"})")),
              HasSubstr("hedgingPolicy.hedgingDelay: "));
  EXPECT_THAT(ServiceProblems(WithHedging(R"({"maxAttempts": 2, "adaptiveDelay": {}})")),
              HasSubstr("adaptiveDelay.quantile: is missing"));
  EXPECT_THAT(
      ServiceProblems(WithHedging(R"({"maxAttempts": 2, "adaptiveDelay": {"quantile": 1}})")),
      HasSubstr("quantile: 1 is out of range; allowed: a number in [0.5, 0.999]"));
  EXPECT_THAT(
      ServiceProblems(WithHedging(R"({"maxAttempts": 2, "adaptiveDelay": {"quantle": 1}})")),
      HasSubstr("did you mean quantile?"));
  EXPECT_THAT(ServiceProblems(WithHedging(R"({"maxAttempts": 2, "nonFatalStatusCodes": ["OK"]})")),
              HasSubstr("nonFatalStatusCodes[0]: \"OK\" is not a status code"));
}

TEST(HedgingPolicyConfigTest, DoesNotStandBesideARetryPolicy) {
  EXPECT_EQ(ServiceProblems(R"({"methodConfig": [{
                "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s",
                                "backoffMultiplier": 1, "retryableStatusCodes": ["ABORTED"]},
                "hedgingPolicy": {"maxAttempts": 2}}]})"),
            "methodConfig[0].hedgingPolicy: stands beside a retryPolicy; allowed: one of them");
}

TEST(RetryThrottlingConfigTest, FieldsAreRead) {
  const ServiceConfig config =
      ParseService(R"({"retryThrottling": {"maxTokens": 7, "tokenRatio": 0.25}})");

  ASSERT_TRUE(config.retry_throttling.has_value());
  EXPECT_EQ(config.retry_throttling->max_tokens, 7);
  EXPECT_EQ(config.retry_throttling->token_ratio, 0.25);
  EXPECT_FALSE(ParseService("{}").retry_throttling.has_value());
}

TEST(ClientOnlyFieldsTest, AreNamed) {
  EXPECT_THAT(ParseService(WithHedging(R"({"maxAttempts": 2})")).client_only_fields,
              ElementsAre("methodConfig[0].hedgingPolicy"));
  EXPECT_THAT(ParseService(WithBudget("{}")).client_only_fields, IsEmpty());
}

}  // namespace
}  // namespace nines
