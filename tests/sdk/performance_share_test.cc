// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/performance_share.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

constexpr float kMedian = 5e6f;
const PerformanceCheckConfig kDefaults;

TEST(ShareAfterLoadTest, FollowsTheRatioOfTargetAndLoad) {
  EXPECT_DOUBLE_EQ(ShareAfterLoad(1, 1, kDefaults), 0.8);
  EXPECT_DOUBLE_EQ(ShareAfterLoad(0.5, 1, kDefaults), 0.4);
  EXPECT_DOUBLE_EQ(ShareAfterLoad(0.5, 0.8, kDefaults), 0.5);
}

TEST(ShareAfterLoadTest, HalvesAndGrowsByATenthAtMost) {
  EXPECT_DOUBLE_EQ(ShareAfterLoad(1, 8, kDefaults), 0.5);
  EXPECT_DOUBLE_EQ(ShareAfterLoad(0.5, 0.1, kDefaults), 0.55);
  EXPECT_DOUBLE_EQ(ShareAfterLoad(0.5, 0, kDefaults), 0.55);
}

TEST(ShareAfterLoadTest, StaysBetweenTheLeastAndAll) {
  EXPECT_DOUBLE_EQ(ShareAfterLoad(0.12, 8, kDefaults), 0.1);
  EXPECT_DOUBLE_EQ(ShareAfterLoad(1, 0.1, kDefaults), 1);
}

// Of a server whose load is its share of the calls, times two.
TEST(ShareAfterLoadTest, SettlesAtTheTarget) {
  double share = 1;
  for (int i = 0; i < 20; ++i) share = ShareAfterLoad(share, 2 * share, kDefaults);

  EXPECT_NEAR(2 * share, kDefaults.target_utilization, 0.01);
}

TEST(ShareAfterLatencyTest, GoesHalfOfTheWay) {
  EXPECT_DOUBLE_EQ(ShareAfterLatency(1, 4 * kMedian, kMedian, kDefaults), 0.75);
  EXPECT_DOUBLE_EQ(ShareAfterLatency(0.75, 4 * kMedian, kMedian, kDefaults), 0.625);
  EXPECT_DOUBLE_EQ(ShareAfterLatency(0.5, kMedian, kMedian, kDefaults), 0.75);
}

TEST(ShareAfterLatencyTest, TwiceTheMedianIsAllowed) {
  EXPECT_DOUBLE_EQ(ShareAfterLatency(1, 2 * kMedian, kMedian, kDefaults), 1);
}

TEST(ShareAfterLatencyTest, DifferencesBelowAMillisecondDoNotMatter) {
  EXPECT_DOUBLE_EQ(ShareAfterLatency(1, 0.9e6f, 0.1e6f, kDefaults), 1);
}

TEST(ShareAfterLatencyTest, UnknownIsAsGoodAsUsual) {
  EXPECT_DOUBLE_EQ(ShareAfterLatency(1, 0, kMedian, kDefaults), 1);
  EXPECT_DOUBLE_EQ(ShareAfterLatency(1, 4 * kMedian, 0, kDefaults), 1);
}

TEST(ShareAfterLatencyTest, ArrivesAtAll) {
  EXPECT_DOUBLE_EQ(ShareAfterLatency(0.995, kMedian, kMedian, kDefaults), 1);
}

}  // namespace
}  // namespace nines
