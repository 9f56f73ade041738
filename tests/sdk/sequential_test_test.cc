// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/sequential_test.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace nines {
namespace {

TEST(SequentialTest, AddsTheLogarithmOfTheLikelihoodRatio) {
  // Expected 1 in 100, so "worse" is 1 in 10.
  EXPECT_DOUBLE_EQ(AddSequentialEvidence(1, {1, 1}, 0.01), 1 + std::log(10));
  EXPECT_DOUBLE_EQ(AddSequentialEvidence(1, {1, 0}, 0.01), 1 + std::log(0.9 / 0.99));
}

TEST(SequentialTest, DoesNotCareInWhichPortionsCallsCome) {
  const double at_once = AddSequentialEvidence(0, {10, 4}, 0.05);

  double one_by_one = 0;
  for (int i = 0; i < 4; ++i) one_by_one = AddSequentialEvidence(one_by_one, {1, 1}, 0.05);
  for (int i = 0; i < 6; ++i) one_by_one = AddSequentialEvidence(one_by_one, {1, 0}, 0.05);

  EXPECT_NEAR(at_once, one_by_one, 1e-9);
}

TEST(SequentialTest, SuccessesTakeItBackToNothingAndNotBelow) {
  EXPECT_EQ(AddSequentialEvidence(0.5, {100, 0}, 0.01), 0);
}

TEST(SequentialTest, NoFailuresAreEvidenceWhereHalfAreExpected) {
  EXPECT_EQ(AddSequentialEvidence(0, {10, 5}, 0.5), 0);
  EXPECT_GT(AddSequentialEvidence(0, {10, 10}, 0.9), 0);  // but all of them still are
}

// Lorden's bound, at a threshold that is reached often enough to be counted.
TEST(SequentialTest, FalseAlarmsAreAsRareAsThePromise) {
  constexpr double kThreshold = 6.9;  // ln(1000)
  constexpr int kCalls = 2'000'000;
  std::mt19937_64 rng(1);
  std::bernoulli_distribution fails(0.05);
  double evidence = 0;
  int alarms = 0;

  for (int i = 0; i < kCalls; ++i) {
    evidence = AddSequentialEvidence(evidence, {1, fails(rng) ? 1.0 : 0.0}, 0.05);
    if (evidence < kThreshold) continue;
    ++alarms;
    evidence = 0;
  }

  EXPECT_GT(alarms, 0);
  EXPECT_LE(alarms, kCalls / 1000);
}

}  // namespace
}  // namespace nines
