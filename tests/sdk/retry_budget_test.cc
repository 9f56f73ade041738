// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/retry_budget.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace nines {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

RetryBudgetConfig MakeConfig(uint32_t percent, uint32_t min_per_second) {
  RetryBudgetConfig config;
  config.percent = percent;
  config.min_per_second = min_per_second;
  config.ttl = absl::Seconds(7);  // slices of a second
  return config;
}

void Deposit(RetryBudget& budget, int calls, absl::Time now) {
  for (int i = 0; i < calls; ++i) budget.Deposit(now);
}

// Withdraws until it may not.
int WithdrawAll(RetryBudget& budget, absl::Time now) {
  int count = 0;
  while (budget.TryWithdraw(now)) ++count;
  return count;
}

TEST(RetryBudgetTest, AllowsAPercentageOfTheCalls) {
  RetryBudget budget(MakeConfig(20, 0));
  Deposit(budget, 99, kStart);

  EXPECT_EQ(WithdrawAll(budget, kStart), 19);
  budget.Deposit(kStart);
  EXPECT_EQ(WithdrawAll(budget, kStart), 1);
}

TEST(RetryBudgetTest, AllowsTheMinimumWithoutCalls) {
  RetryBudget budget(MakeConfig(20, 2));

  EXPECT_EQ(WithdrawAll(budget, kStart), 14);
}

TEST(RetryBudgetTest, TakesTheLargerOfTheTwoAndNotTheSum) {
  RetryBudget budget(MakeConfig(20, 2));
  Deposit(budget, 100, kStart);

  EXPECT_EQ(WithdrawAll(budget, kStart), 20);
}

TEST(RetryBudgetTest, AllowsNothingWithoutPercentageAndMinimum) {
  RetryBudget budget(MakeConfig(0, 0));
  Deposit(budget, 1000, kStart);

  EXPECT_FALSE(budget.TryWithdraw(kStart));
}

TEST(RetryBudgetTest, CallsCountForTheTtlAndNoLonger) {
  RetryBudget budget(MakeConfig(100, 0));
  Deposit(budget, 10, kStart);

  EXPECT_TRUE(budget.TryWithdraw(kStart + absl::Seconds(7)));
  EXPECT_FALSE(budget.TryWithdraw(kStart + absl::Seconds(8)));
}

TEST(RetryBudgetTest, RetriesCountForTheTtlAndNoLonger) {
  RetryBudget budget(MakeConfig(0, 1));
  ASSERT_EQ(WithdrawAll(budget, kStart), 7);

  EXPECT_FALSE(budget.TryWithdraw(kStart + absl::Seconds(7)));
  EXPECT_EQ(WithdrawAll(budget, kStart + absl::Seconds(8)), 7);
}

TEST(RetryBudgetTest, NoTtlEverSeesMoreThanItsShare) {
  RetryBudget budget(MakeConfig(20, 0));
  int retries = 0;

  for (int millisecond = 0; millisecond < 30'000; ++millisecond) {
    const absl::Time now = kStart + absl::Milliseconds(millisecond);
    budget.Deposit(now);
    retries += budget.TryWithdraw(now) ? 1 : 0;
  }

  EXPECT_LE(retries, 6000);
  EXPECT_GE(retries, 5900);
}

TEST(RetryBudgetTest, WhatIsGivenBackMayBeWithdrawnAgain) {
  RetryBudget budget(MakeConfig(0, 1));
  ASSERT_EQ(WithdrawAll(budget, kStart), 7);

  budget.GiveBack(kStart);
  budget.GiveBack(kStart);

  EXPECT_EQ(WithdrawAll(budget, kStart + absl::Seconds(1)), 2);
}

TEST(RetryBudgetTest, WhatIsGivenBackTooLateIsForgotten) {
  RetryBudget budget(MakeConfig(0, 1));
  ASSERT_EQ(WithdrawAll(budget, kStart), 7);
  ASSERT_EQ(WithdrawAll(budget, kStart + absl::Seconds(8)), 7);

  budget.GiveBack(kStart);

  EXPECT_EQ(WithdrawAll(budget, kStart + absl::Seconds(8)), 0);
}

TEST(RetryBudgetTest, NoMoreIsGivenBackThanWasWithdrawn) {
  RetryBudget budget(MakeConfig(0, 1));
  ASSERT_TRUE(budget.TryWithdraw(kStart));

  for (int i = 0; i < 5; ++i) budget.GiveBack(kStart);

  EXPECT_EQ(WithdrawAll(budget, kStart), 7);
}

TEST(RetryBudgetTest, SlicesMayHaveAnyNumber) {
  RetryBudgetConfig config = MakeConfig(0, 1);
  config.ttl = absl::Seconds(1);

  // Half of these have slices in the upper half of 32 bits, which are as if before 0.
  for (int day = 0; day < 365; ++day) {
    RetryBudget budget(config);
    const absl::Time now = kStart + absl::Hours(24 * day);
    ASSERT_EQ(WithdrawAll(budget, now), 1);
    ASSERT_EQ(WithdrawAll(budget, now + absl::Seconds(2)), 1);
  }
}

TEST(RetryBudgetTest, SurvivesALongPause) {
  RetryBudget budget(MakeConfig(100, 0));
  Deposit(budget, 10, kStart);

  EXPECT_FALSE(budget.TryWithdraw(kStart + absl::Hours(24 * 365)));
}

TEST(RetryBudgetTest, GivesThreadsTogetherNoMoreThanTheLimit) {
  RetryBudget budget(MakeConfig(20, 0));
  std::atomic<int> retries{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Deposit(budget, 10'000, kStart);
      for (int k = 0; k < 10'000; ++k) retries += budget.TryWithdraw(kStart) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();

  retries += WithdrawAll(budget, kStart);
  EXPECT_EQ(retries.load(), 16'000);
}

}  // namespace
}  // namespace nines
