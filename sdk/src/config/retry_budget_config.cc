// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/retry_budget_config.h"

namespace nines {
namespace {

// 400 is what calls of five attempts can take: no limit.
constexpr IntegerRange kBudgetPercent = {0, 400};
constexpr IntegerRange kMinPerSecond = {0, 1'000'000};
// Below a second the minimum rate is no whole retry; above a minute the calls of a better time pay
// for the retries of an outage.
constexpr DurationRange kTtl = {absl::Seconds(1), absl::Seconds(60)};

}  // namespace

RetryBudgetConfig ReadRetryBudget(const ConfigValue& budget) {
  static constexpr absl::string_view kNames[] = {"percent", "minPerSecond", "ttl"};
  RetryBudgetConfig config;
  if (!budget.CheckObject()) return config;
  budget.CheckFields(kNames);
  config.percent = budget.IntegerOr("percent", kBudgetPercent, config.percent);
  config.min_per_second = budget.IntegerOr("minPerSecond", kMinPerSecond, config.min_per_second);
  config.ttl = budget.DurationOr("ttl", kTtl, config.ttl);
  return config;
}

}  // namespace nines
