// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/failure_evidence.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace nines {
namespace {

TEST(ExpectedFailureRatioTest, PromisesLittleWhileThereAreFewCalls) {
  EXPECT_DOUBLE_EQ(ExpectedFailureRatio({0, 0}), 0.5);
  EXPECT_DOUBLE_EQ(ExpectedFailureRatio({8, 0}), 0.1);
  EXPECT_DOUBLE_EQ(ExpectedFailureRatio({98, 19}), 0.2);
}

TEST(ExpectedFailureRatioTest, IsNeverBelowOneInAHundred) {
  EXPECT_DOUBLE_EQ(ExpectedFailureRatio({1e9, 0}), 0.01);
}

TEST(FailureEvidenceTest, IsNothingForAnEndpointThatFailsNoMoreThanExpected) {
  EXPECT_EQ(FailureEvidence({0, 0}, 0.1), 0);
  EXPECT_EQ(FailureEvidence({100, 10}, 0.1), 0);
  EXPECT_EQ(FailureEvidence({100, 3}, 0.1), 0);
}

TEST(FailureEvidenceTest, IsCallsTimesRelativeEntropy) {
  EXPECT_DOUBLE_EQ(FailureEvidence({10, 10}, 0.1), 10 * std::log(10));
  EXPECT_DOUBLE_EQ(FailureEvidence({20, 10}, 0.1),
                   20 * (0.5 * std::log(5) + 0.5 * std::log(0.5 / 0.9)));
}

TEST(FailureEvidenceTest, OneFailureAmongAHundredIsNotMuch) {
  EXPECT_LT(FailureEvidence({100, 1}, ExpectedFailureRatio({400, 0})), 0.1);
}

// The bound that the name promises: in how many of many samples the evidence is above e.
TEST(FailureEvidenceTest, ChanceReachesItWithItsProbabilityAtMost) {
  constexpr int kSamples = 200'000;
  std::mt19937_64 rng(1);
  std::binomial_distribution<int> failures(50, 0.1);
  int beyond = 0;

  for (int i = 0; i < kSamples; ++i) {
    beyond += static_cast<int>(FailureEvidence({50, static_cast<double>(failures(rng))}, 0.1) >= 5);
  }

  EXPECT_GT(beyond, 0);
  EXPECT_LE(beyond, std::exp(-5) * kSamples);
}

}  // namespace
}  // namespace nines
