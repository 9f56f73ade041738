// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_link.h"

#include <gtest/gtest.h>

#include "support/manual_event_loop.h"

namespace nines {
namespace {

ChannelLink::Parts PartsWith(const RetryBudgetConfig& budget) {
  ChannelLink::Parts parts;
  parts.loop = std::make_shared<ManualEventLoop>();
  parts.retry_budget = budget;
  return parts;
}

RetryBudgetConfig OneRetry() {
  RetryBudgetConfig budget;
  budget.percent = 0;
  budget.min_per_second = 1;
  budget.ttl = absl::Seconds(1);
  return budget;
}

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

TEST(ChannelLinkTest, AConfigsRetryBudgetReplacesTheOneBefore) {
  ChannelLink link(PartsWith(OneRetry()));
  ASSERT_TRUE(link.retry_budget().TryWithdraw(kNow));
  ASSERT_FALSE(link.retry_budget().TryWithdraw(kNow));

  RetryBudget& budget = link.UseRetryBudget({});

  EXPECT_EQ(&link.retry_budget(), &budget);
  EXPECT_TRUE(budget.TryWithdraw(kNow));
}

TEST(ChannelLinkTest, ABudgetThatIsInForceAgainRemembersWhatWasSpent) {
  ChannelLink link(PartsWith(OneRetry()));
  RetryBudget& first = link.retry_budget();
  ASSERT_TRUE(first.TryWithdraw(kNow));

  link.UseRetryBudget({});
  link.UseRetryBudget(OneRetry());

  EXPECT_EQ(&link.retry_budget(), &first);
  EXPECT_FALSE(link.retry_budget().TryWithdraw(kNow));
}

}  // namespace
}  // namespace nines
