// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_link.h"

#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "one_retry.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

ChannelLink::Parts PartsWith(const RetryBudgetConfig& budget) {
  ChannelLink::Parts parts;
  parts.loop = std::make_shared<ManualEventLoop>();
  parts.retry_limits.budget = budget;
  return parts;
}

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

bool TryRetry(ChannelLink& link) { return link.retry_gate().budget().TryWithdraw(kNow); }

TEST(ChannelLinkTest, AConfigsRetryBudgetReplacesTheOneBefore) {
  ChannelLink link(PartsWith(OneRetry()));
  ASSERT_TRUE(TryRetry(link));
  ASSERT_FALSE(TryRetry(link));

  RetryGate& gate = link.UseRetryGate({});

  EXPECT_EQ(&link.retry_gate(), &gate);
  EXPECT_TRUE(TryRetry(link));
}

TEST(ChannelLinkTest, ABudgetThatIsInForceAgainRemembersWhatWasSpent) {
  ChannelLink link(PartsWith(OneRetry()));
  RetryGate& first = link.retry_gate();
  ASSERT_TRUE(TryRetry(link));

  link.UseRetryGate({});
  link.UseRetryGate({OneRetry(), std::nullopt});

  EXPECT_EQ(&link.retry_gate(), &first);
  EXPECT_FALSE(TryRetry(link));
}

TEST(ChannelLinkTest, AConfigsTokensReplaceThoseBefore) {
  ChannelLink link(PartsWith({}));
  RetryGate& first = link.retry_gate();
  first.OnFailure();

  link.UseRetryGate({{}, RetryThrottling{1, 0.5}});
  link.retry_gate().OnFailure();

  EXPECT_FALSE(first.IsThrottled()) << "there were none";
  EXPECT_TRUE(link.retry_gate().IsThrottled());
}

}  // namespace
}  // namespace nines
