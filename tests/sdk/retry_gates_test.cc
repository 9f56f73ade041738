// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retry_gates.h"

#include <optional>

#include <gtest/gtest.h>

namespace nines {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

RetryBudgetConfig OneRetry() { return {0, 1, absl::Seconds(1)}; }

TEST(RetryGatesTest, LimitsThatComeBackGoOnWhereTheyWere) {
  RetryGates gates;
  RetryGate& first = gates.Use({OneRetry(), std::nullopt});
  ASSERT_TRUE(first.budget().TryWithdraw(kNow));

  RetryGate& between = gates.Use({});
  RetryGate& again = gates.Use({OneRetry(), std::nullopt});

  EXPECT_NE(&between, &first);
  EXPECT_EQ(&again, &first);
  EXPECT_FALSE(again.budget().TryWithdraw(kNow));
}

TEST(RetryGatesTest, EachPartOfTheBudgetMakesADifference) {
  RetryGates gates;
  const RetryGate* const first = &gates.Use({OneRetry(), std::nullopt});

  EXPECT_NE(&gates.Use({{1, 1, absl::Seconds(1)}, std::nullopt}), first);
  EXPECT_NE(&gates.Use({{0, 2, absl::Seconds(1)}, std::nullopt}), first);
  EXPECT_NE(&gates.Use({{0, 1, absl::Seconds(2)}, std::nullopt}), first);
}

TEST(RetryGatesTest, SoDoTheTokens) {
  RetryGates gates;
  const RetryGate* const without = &gates.Use({});
  const RetryGate* const with = &gates.Use({{}, RetryThrottling{10, 0.5}});

  EXPECT_NE(with, without);
  EXPECT_NE(&gates.Use({{}, RetryThrottling{9, 0.5}}), with);
  EXPECT_NE(&gates.Use({{}, RetryThrottling{10, 0.25}}), with);
  EXPECT_EQ(&gates.Use({{}, RetryThrottling{10, 0.5}}), with);
}

}  // namespace
}  // namespace nines
