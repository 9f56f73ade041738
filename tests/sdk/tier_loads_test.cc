// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/tier_loads.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Matcher;

constexpr double kFactor = 1.4;

// Tiers of 100 endpoints each, so many of them usable.
std::vector<TierCount> Tiers(const std::vector<uint32_t>& usable) {
  std::vector<TierCount> tiers;
  for (const uint32_t count : usable) tiers.push_back({100, count, count});
  return tiers;
}

TierLoads Loads(const std::vector<uint32_t>& usable) {
  return ComputeTierLoads(Tiers(usable), kFactor);
}

// Envoy's documentation rounds down to whole percents.
Matcher<double> Percent(double percent) { return DoubleNear(percent / 100, 0.0099); }

// The tables of Envoy's documentation, "Priority levels".
TEST(TierLoadsTest, TakesFromTheBackupWhatTheFirstTierLost) {
  EXPECT_THAT(Loads({100, 100}), ElementsAre(Percent(100), Percent(0)));
  EXPECT_THAT(Loads({72, 100}), ElementsAre(Percent(100), Percent(0)));
  EXPECT_THAT(Loads({71, 100}), ElementsAre(Percent(99), Percent(1)));
  EXPECT_THAT(Loads({50, 100}), ElementsAre(Percent(70), Percent(30)));
  EXPECT_THAT(Loads({25, 100}), ElementsAre(Percent(35), Percent(65)));
  EXPECT_THAT(Loads({0, 100}), ElementsAre(Percent(0), Percent(100)));
}

TEST(TierLoadsTest, GoesOnToTheThirdTier) {
  EXPECT_THAT(Loads({50, 50, 100}), ElementsAre(Percent(70), Percent(30), Percent(0)));
  EXPECT_THAT(Loads({25, 25, 100}), ElementsAre(Percent(35), Percent(35), Percent(30)));
}

TEST(TierLoadsTest, ScalesUpWhatIsLeftWhenAllTogetherAreNotWhole) {
  EXPECT_THAT(Loads({20, 20}), ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.5, 1e-9)));
  EXPECT_THAT(Loads({20, 0}), ElementsAre(DoubleNear(1, 1e-9), DoubleNear(0, 1e-9)));
}

TEST(TierLoadsTest, SpreadsOverAllWhenNobodyIsUsable) {
  const std::vector<TierCount> tiers = {{30, 0, 0}, {10, 0, 0}};

  EXPECT_THAT(ComputeTierLoads(tiers, kFactor), ElementsAre(0.75, 0.25));
}

TEST(TierLoadsTest, GivesAllToTheOnlyTierEvenIfItIsEmpty) {
  EXPECT_THAT(Loads({3}), ElementsAre(DoubleNear(1, 1e-9)));
  EXPECT_THAT(ComputeTierLoads(std::vector<TierCount>(1), kFactor), ElementsAre(1));
}

TEST(TierLoadsTest, FactorOfOneHandsOverEveryLoss) {
  EXPECT_THAT(ComputeTierLoads(Tiers({90, 100}), 1.0),
              ElementsAre(DoubleNear(0.9, 1e-9), DoubleNear(0.1, 1e-9)));
}

TEST(TierLoadsTest, TiersAreWholeWhenTogetherTheyReachOne) {
  EXPECT_TRUE(IsWhole(Tiers({50, 50}), 1.0));
  EXPECT_FALSE(IsWhole(Tiers({50, 49}), 1.0));
}

}  // namespace
}  // namespace nines
