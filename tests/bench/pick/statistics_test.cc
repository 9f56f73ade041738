// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "statistics.h"

#include <vector>

#include "gtest/gtest.h"

namespace nines::bench {
namespace {

TEST(StatisticsTest, QuantileIsAValueThatWasMeasured) {
  const std::vector<double> values = {50, 10, 40, 20, 30};

  EXPECT_EQ(Quantile(values, 0), 10);
  EXPECT_EQ(Quantile(values, 0.5), 30);
  EXPECT_EQ(Quantile(values, 0.9), 50);
  EXPECT_EQ(Quantile(values, 1), 50);
}

TEST(StatisticsTest, HighQuantileLeavesOutTheFewAboveIt) {
  std::vector<double> values(10'000, 1);
  values[5] = 1'000;

  EXPECT_EQ(Quantile(values, 0.9999), 1);
  EXPECT_EQ(Quantile(values, 1), 1'000);
}

TEST(StatisticsTest, QuantileOfNothingIsZero) { EXPECT_EQ(Quantile({}, 0.5), 0); }

TEST(StatisticsTest, FigureHasMedianAndQuartiles) {
  const Figure figure = MakeFigure({1, 2, 3, 4, 5, 6, 7, 8});

  EXPECT_EQ(figure.median, 4);
  EXPECT_EQ(figure.low, 2);
  EXPECT_EQ(figure.high, 6);
  EXPECT_EQ(figure.spread_ratio(), 0.5);
}

}  // namespace
}  // namespace nines::bench
