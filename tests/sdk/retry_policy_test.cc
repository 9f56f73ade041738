// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/retry.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

RetryPolicy MakePolicy() {
  RetryPolicy policy;
  policy.initial_backoff = absl::Milliseconds(100);
  policy.max_backoff = absl::Seconds(1);
  policy.backoff_multiplier = 2;
  policy.retryable_codes = {absl::StatusCode::kUnavailable};
  return policy;
}

TEST(BackoffDelayTest, GrowsUntilTheMaximum) {
  const RetryPolicy policy = MakePolicy();

  EXPECT_EQ(BackoffDelay(policy, 1, 0.5), absl::Milliseconds(100));
  EXPECT_EQ(BackoffDelay(policy, 2, 0.5), absl::Milliseconds(200));
  EXPECT_EQ(BackoffDelay(policy, 4, 0.5), absl::Milliseconds(800));
  EXPECT_EQ(BackoffDelay(policy, 5, 0.5), absl::Seconds(1));
  EXPECT_EQ(BackoffDelay(policy, 5000, 0.5), absl::Seconds(1));
}

TEST(BackoffDelayTest, JittersByTwentyPercent) {
  const RetryPolicy policy = MakePolicy();

  EXPECT_EQ(BackoffDelay(policy, 1, 0.0), absl::Milliseconds(80));
  EXPECT_LT(BackoffDelay(policy, 1, 0.999999), absl::Milliseconds(120));
}

TEST(RetryPolicyTest, RetriesOnlyTheCodesItNames) {
  const RetryPolicy policy = MakePolicy();

  EXPECT_TRUE(policy.IsRetryable(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(policy.IsRetryable(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace nines
