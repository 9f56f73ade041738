// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/peer_outliers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SuccessRateEjectionConfig SuccessRate(uint32_t stdev_factor, uint32_t hosts, uint32_t volume) {
  return {stdev_factor, 100, hosts, volume};
}

FailurePercentageEjectionConfig FailurePercentage(uint32_t threshold, uint32_t hosts,
                                                  uint32_t volume) {
  return {threshold, 100, hosts, volume};
}

TEST(SuccessRateOutliersTest, AreBelowMeanMinusDeviations) {
  // Rates 1, 1, 1, 0.5: mean 0.875, deviation 0.2165; 1.7 deviations below is 0.507.
  const CallCounts counts[] = {{100, 0}, {100, 0}, {100, 0}, {100, 50}};

  EXPECT_THAT(SuccessRateOutliers(counts, SuccessRate(1700, 3, 20)), ElementsAre(3));
  EXPECT_THAT(SuccessRateOutliers(counts, SuccessRate(1900, 3, 20)), IsEmpty());
}

TEST(SuccessRateOutliersTest, EqualRatesHaveNone) {
  const CallCounts counts[] = {{100, 30}, {200, 60}, {50, 15}};

  EXPECT_THAT(SuccessRateOutliers(counts, SuccessRate(0, 3, 20)), IsEmpty());
}

TEST(SuccessRateOutliersTest, CountOnlyEndpointsWithEnoughCalls) {
  const CallCounts counts[] = {{100, 0}, {100, 0}, {19, 19}, {100, 0}, {100, 0}, {100, 50}};

  EXPECT_THAT(SuccessRateOutliers(counts, SuccessRate(1900, 3, 20)), ElementsAre(5));
  EXPECT_THAT(SuccessRateOutliers(counts, SuccessRate(1900, 6, 20)), IsEmpty());
}

TEST(SuccessRateOutliersTest, NothingIsComparedWithNothing) {
  EXPECT_THAT(SuccessRateOutliers({}, SuccessRate(0, 0, 0)), IsEmpty());
  const CallCounts idle[] = {{0, 0}, {0, 0}};
  EXPECT_THAT(SuccessRateOutliers(idle, SuccessRate(0, 0, 0)), IsEmpty());
}

TEST(FailurePercentageOutliersTest, AreAboveTheThreshold) {
  const CallCounts counts[] = {{10, 5}, {10, 6}, {10, 10}};

  EXPECT_THAT(FailurePercentageOutliers(counts, FailurePercentage(50, 2, 10)), ElementsAre(1, 2));
  EXPECT_THAT(FailurePercentageOutliers(counts, FailurePercentage(100, 2, 10)), IsEmpty());
}

TEST(FailurePercentageOutliersTest, NeedCallsAndCompany) {
  const CallCounts counts[] = {{9, 9}, {10, 10}};

  EXPECT_THAT(FailurePercentageOutliers(counts, FailurePercentage(50, 2, 10)), IsEmpty());
  EXPECT_THAT(FailurePercentageOutliers(counts, FailurePercentage(50, 1, 10)), ElementsAre(1));
}

}  // namespace
}  // namespace nines
