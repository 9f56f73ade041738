// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "median_interval.h"

#include <numeric>
#include <random>

#include "gtest/gtest.h"

namespace nines::bench {
namespace {

TEST(MedianIntervalTest, OfNothingIsZero) {
  const MedianInterval interval = EstimateMedian({});

  EXPECT_EQ(interval.median, 0);
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 0);
}

TEST(MedianIntervalTest, OfOneSampleIsThatSample) {
  const MedianInterval interval = EstimateMedian({7});

  EXPECT_EQ(interval.median, 7);
  EXPECT_EQ(interval.low, 7);
  EXPECT_EQ(interval.high, 7);
}

TEST(MedianIntervalTest, TakesTheRanksOfTheBinomial) {
  std::vector<double> samples(101);
  std::iota(samples.rbegin(), samples.rend(), 0);

  const MedianInterval interval = EstimateMedian(samples);

  EXPECT_EQ(interval.median, 50);
  EXPECT_EQ(interval.low, 40);  // 50 - 0.98 √101 = 40.15
  EXPECT_EQ(interval.high, 60);
}

TEST(MedianIntervalTest, CoversTheTrueMedianNineteenTimesInTwenty) {
  constexpr int kTrials = 2000;
  std::mt19937_64 rng(1);
  std::exponential_distribution<double> draw;
  int covered = 0;

  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> samples(100);
    for (double& sample : samples) sample = draw(rng);
    const MedianInterval interval = EstimateMedian(samples);
    constexpr double kLn2 = 0.693147;
    covered += static_cast<int>(interval.low <= kLn2 && kLn2 <= interval.high);
  }

  EXPECT_GE(covered, 0.94 * kTrials);
  EXPECT_LE(covered, 0.98 * kTrials);
}

}  // namespace
}  // namespace nines::bench
