// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "turns.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kMaxWeight = std::numeric_limits<uint32_t>::max();

std::vector<uint32_t> Take(const std::vector<uint32_t>& weights, uint32_t count) {
  Turns turns(weights, count);
  std::vector<uint32_t> taken;
  for (uint32_t i = 0; i < count; ++i) taken.push_back(turns.Next());
  return taken;
}

std::vector<uint32_t> Counts(const std::vector<uint32_t>& weights, uint32_t count) {
  std::vector<uint32_t> counts(weights.size());
  for (const uint32_t member : Take(weights, count)) ++counts.at(member);
  return counts;
}

TEST(TurnsTest, EqualMembersGoRound) {
  EXPECT_THAT(Take({4, 4, 4}, 7), ElementsAre(0, 1, 2, 0, 1, 2, 0));
}

TEST(TurnsTest, HalfTheWeightIsEverySecondRound) {
  EXPECT_THAT(Take({1, 2}, 7), ElementsAre(0, 1, 1, 0, 1, 1, 0));
}

TEST(TurnsTest, FractionsAddUp) {
  // 2 of 5: rounds 0, 2.5, 5, 7.5, so 0, 2, 5, 7.
  EXPECT_THAT(Take({5, 2}, 11), ElementsAre(0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1));
}

TEST(TurnsTest, WhoHasWaitedLongestGoesFirst) {
  // In round 2 member 1 has waited for two rounds, member 0 for one.
  EXPECT_THAT(Take({2, 1}, 6), ElementsAre(0, 1, 0, 1, 0, 0));
}

TEST(TurnsTest, SharesAreExactToOneTurn) {
  EXPECT_THAT(Counts({1, 2, 3, 4}, 10'000), ElementsAre(1000, 2000, 3000, 4000));
}

TEST(TurnsTest, WeightOfZeroCountsAsOne) {
  EXPECT_THAT(Counts({0, 1, 2}, 4000), ElementsAre(1000, 1000, 2000));
}

TEST(TurnsTest, LargestWeightLeavesOthersOneTurn) {
  EXPECT_THAT(Counts({1, kMaxWeight, 1}, 5'000'011), ElementsAre(1, 5'000'009, 1));
}

}  // namespace
}  // namespace nines
