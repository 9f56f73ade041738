// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/latency_histogram.h"

#include "gtest/gtest.h"

namespace nines::testbed {
namespace {

TEST(LatencyHistogramTest, HasNoQuantileOfNothing) {
  const LatencyHistogram histogram;

  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Quantile(0.99), absl::ZeroDuration());
}

TEST(LatencyHistogramTest, IsExactBelow256Microseconds) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.Add(absl::Microseconds(i));

  EXPECT_EQ(histogram.Quantile(0), absl::Microseconds(1));
  EXPECT_EQ(histogram.Quantile(0.5), absl::Microseconds(100));
  EXPECT_EQ(histogram.Quantile(0.99), absl::Microseconds(198));
  EXPECT_EQ(histogram.Quantile(1), absl::Microseconds(200));
}

/// Never below the value and never more than 1/128 above it.
class LatencyHistogramPrecisionTest : public ::testing::TestWithParam<absl::Duration> {};

TEST_P(LatencyHistogramPrecisionTest, RoundsUpByLessThanOnePercent) {
  LatencyHistogram histogram;

  histogram.Add(GetParam());

  EXPECT_GE(histogram.Quantile(0.5), GetParam());
  EXPECT_LE(histogram.Quantile(0.5), GetParam() * (1 + 1.0 / 128));
}

INSTANTIATE_TEST_SUITE_P(Magnitudes, LatencyHistogramPrecisionTest,
                         ::testing::Values(absl::Microseconds(255), absl::Microseconds(256),
                                           absl::Microseconds(257), absl::Microseconds(511),
                                           absl::Microseconds(512), absl::Milliseconds(1),
                                           absl::Milliseconds(60), absl::Milliseconds(999),
                                           absl::Seconds(1), absl::Seconds(127)));

TEST(LatencyHistogramTest, CountsOutliersAtTheEndsOfItsRange) {
  LatencyHistogram histogram;

  histogram.Add(absl::Seconds(-1));
  histogram.Add(absl::InfiniteDuration());

  EXPECT_EQ(histogram.Quantile(0.5), absl::ZeroDuration());
  EXPECT_GE(histogram.Quantile(1), LatencyHistogram::kMax);
}

TEST(LatencyHistogramTest, FindsTheRareSlowCall) {
  LatencyHistogram histogram;
  for (int i = 0; i < 990; ++i) histogram.Add(absl::Microseconds(100));
  for (int i = 0; i < 10; ++i) histogram.Add(absl::Milliseconds(200));

  EXPECT_EQ(histogram.Quantile(0.99), absl::Microseconds(100));
  EXPECT_GE(histogram.Quantile(0.991), absl::Milliseconds(200));
}

TEST(LatencyHistogramTest, MergesAsIfAllWereAddedToOne) {
  LatencyHistogram fast, slow, both;
  for (int i = 0; i < 100; ++i) {
    fast.Add(absl::Microseconds(i));
    slow.Add(absl::Milliseconds(i));
    both.Add(absl::Microseconds(i));
    both.Add(absl::Milliseconds(i));
  }

  LatencyHistogram merged;
  merged.Merge(fast);
  merged.Merge(slow);
  merged.Merge(LatencyHistogram());

  EXPECT_EQ(merged.count(), 200u);
  EXPECT_EQ(merged.Quantile(0.5), both.Quantile(0.5));
  EXPECT_EQ(merged.Quantile(0.99), both.Quantile(0.99));
}

}  // namespace
}  // namespace nines::testbed
