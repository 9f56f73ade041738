// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/slow_start.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

SlowStartConfig Config(double aggression, uint32_t min_weight_percent) {
  SlowStartConfig config;
  config.window = absl::Seconds(10);
  config.aggression = aggression;
  config.min_weight_percent = min_weight_percent;
  return config;
}

TEST(SlowStartShareTest, GrowsLinearlyByDefault) {
  const SlowStartConfig config = Config(1.0, 10);

  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::Seconds(2)), 0.2);
  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::Seconds(5)), 0.5);
  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::Seconds(9)), 0.9);
}

TEST(SlowStartShareTest, IsNeverBelowTheMinimum) {
  const SlowStartConfig config = Config(1.0, 10);

  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::ZeroDuration()), 0.1);
  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::Milliseconds(500)), 0.1);
  EXPECT_DOUBLE_EQ(SlowStartShare(config, -absl::Seconds(1)), 0.1);
}

TEST(SlowStartShareTest, IsFullFromTheWindowsEndOn) {
  const SlowStartConfig config = Config(1.0, 10);

  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::Seconds(10)), 1);
  EXPECT_DOUBLE_EQ(SlowStartShare(config, absl::InfiniteDuration()), 1);
}

TEST(SlowStartShareTest, AggressionBendsTheCurve) {
  EXPECT_DOUBLE_EQ(SlowStartShare(Config(2.0, 1), absl::Milliseconds(2500)), 0.5);
  EXPECT_DOUBLE_EQ(SlowStartShare(Config(0.5, 1), absl::Seconds(5)), 0.25);
}

}  // namespace
}  // namespace nines
