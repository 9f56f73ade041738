// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retry_throttle.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

RetryThrottling MakeConfig(uint32_t max_tokens, double token_ratio) {
  RetryThrottling config;
  config.max_tokens = max_tokens;
  config.token_ratio = token_ratio;
  return config;
}

void Fail(RetryThrottle& throttle, int times) {
  for (int i = 0; i < times; ++i) throttle.OnFailure();
}

TEST(RetryThrottleTest, StopsRetriesWhenHalfOfTheTokensAreLeft) {
  RetryThrottle throttle(MakeConfig(10, 0.1));

  Fail(throttle, 4);
  EXPECT_TRUE(throttle.AllowsRetry());
  Fail(throttle, 1);
  EXPECT_FALSE(throttle.AllowsRetry());
}

TEST(RetryThrottleTest, SuccessesGiveTheRatioBack) {
  RetryThrottle throttle(MakeConfig(10, 0.5));
  Fail(throttle, 6);

  throttle.OnSuccess();
  throttle.OnSuccess();
  EXPECT_FALSE(throttle.AllowsRetry()) << "exactly half";
  throttle.OnSuccess();
  EXPECT_TRUE(throttle.AllowsRetry());
}

TEST(RetryThrottleTest, NeverHasMoreThanItsTokens) {
  RetryThrottle throttle(MakeConfig(2, 1));
  for (int i = 0; i < 100; ++i) throttle.OnSuccess();

  Fail(throttle, 1);

  EXPECT_FALSE(throttle.AllowsRetry());
}

TEST(RetryThrottleTest, NeverOwesAny) {
  RetryThrottle throttle(MakeConfig(1, 1));
  Fail(throttle, 100);

  throttle.OnSuccess();

  EXPECT_TRUE(throttle.AllowsRetry());
}

TEST(RetryThrottleTest, CountsThousandths) {
  RetryThrottle throttle(MakeConfig(1, 0.001));
  Fail(throttle, 1);

  for (int i = 0; i < 500; ++i) throttle.OnSuccess();
  EXPECT_FALSE(throttle.AllowsRetry());
  throttle.OnSuccess();
  EXPECT_TRUE(throttle.AllowsRetry());
}

}  // namespace
}  // namespace nines
