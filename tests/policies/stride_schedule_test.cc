// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "stride_schedule.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Lt;
using ::testing::SizeIs;

constexpr uint32_t kMaxWeight = std::numeric_limits<uint32_t>::max();

std::vector<uint32_t> RandomWeights(size_t count, uint32_t smallest, uint32_t largest) {
  std::mt19937_64 generator(count);
  std::uniform_int_distribution<uint32_t> distribution(smallest, largest);
  std::vector<uint32_t> weights(count);
  std::generate(weights.begin(), weights.end(), [&] { return distribution(generator); });
  return weights;
}

std::vector<uint32_t> Counts(const std::vector<uint32_t>& schedule, size_t members) {
  std::vector<uint32_t> counts(members);
  for (const uint32_t member : schedule) ++counts.at(member);
  return counts;
}

// By how much each member's share of the turns misses that of its weight, relative to the latter.
std::vector<double> ShareErrors(const std::vector<uint32_t>& weights) {
  const std::vector<uint32_t> schedule = BuildStrideSchedule(weights);
  const std::vector<uint32_t> counts = Counts(schedule, weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> errors;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double share = counts[i] / static_cast<double>(schedule.size());
    errors.push_back(std::abs(share / (weights[i] / sum) - 1));
  }
  return errors;
}

// By how many turns, at most and after whatever turn, a member has had more or less than its share
// of those so far.
double LargestLead(const std::vector<uint32_t>& weights) {
  const std::vector<uint32_t> schedule = BuildStrideSchedule(weights);
  const std::vector<uint32_t> counts = Counts(schedule, weights.size());
  std::vector<uint32_t> had(weights.size());
  double largest = 0;
  for (size_t turn = 0; turn < schedule.size(); ++turn) {
    ++had[schedule[turn]];
    const double passed = static_cast<double>(turn + 1) / static_cast<double>(schedule.size());
    for (size_t i = 0; i < weights.size(); ++i) {
      largest = std::max(largest, std::abs(had[i] - counts[i] * passed));
    }
  }
  return largest;
}

// The longest run of turns of one member, the end of the cycle and its beginning taken together.
uint32_t LongestRun(const std::vector<uint32_t>& weights) {
  const std::vector<uint32_t> schedule = BuildStrideSchedule(weights);
  uint32_t longest = 1;
  uint32_t run = 1;
  for (size_t turn = 1; turn < 2 * schedule.size(); ++turn) {
    const bool is_same = schedule[turn % schedule.size()] == schedule[(turn - 1) % schedule.size()];
    run = is_same ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

TEST(StrideScheduleTest, OfNobodyIsEmpty) { EXPECT_THAT(BuildStrideSchedule({}), IsEmpty()); }

TEST(StrideScheduleTest, EqualMembersTakeTurnsInTheirOrder) {
  EXPECT_THAT(BuildStrideSchedule({1, 1, 1}), ElementsAre(0, 1, 2));
  EXPECT_THAT(BuildStrideSchedule({kMaxWeight, kMaxWeight, kMaxWeight}), ElementsAre(0, 1, 2));
}

TEST(StrideScheduleTest, WeightsAreExactAndSpread) {
  EXPECT_THAT(BuildStrideSchedule({1, 2, 4}), ElementsAre(2, 1, 2, 0, 2, 1, 2));
  EXPECT_THAT(BuildStrideSchedule({3, 2}), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(BuildStrideSchedule({5, 1, 1}), ElementsAre(0, 1, 0, 0, 2, 0, 0));
  EXPECT_THAT(BuildStrideSchedule({3, 3, 1, 1}), ElementsAre(0, 1, 2, 0, 1, 3, 0, 1));
}

TEST(StrideScheduleTest, WhatWeightsHaveInCommonDoesNotLengthenTheCycle) {
  EXPECT_EQ(BuildStrideSchedule({1000, 2000, 4000}), BuildStrideSchedule({1, 2, 4}));
}

TEST(StrideScheduleTest, WeightOfZeroCountsAsOne) {
  EXPECT_EQ(BuildStrideSchedule({0, 2, 4}), BuildStrideSchedule({1, 2, 4}));
}

TEST(StrideScheduleTest, NobodyIsAheadOrBehindByAWholeTurn) {
  EXPECT_LT(LargestLead({1, 2, 4}), 1);
  EXPECT_LT(LargestLead({100, 1, 1, 1}), 1);
  EXPECT_LT(LargestLead({7, 11, 13, 17, 19, 23}), 1);
  EXPECT_LT(LargestLead(RandomWeights(50, 1, 100)), 1);
  EXPECT_LT(LargestLead(RandomWeights(20, 1, kMaxWeight)), 1);
}

TEST(StrideScheduleTest, HeavyMemberHasNoMoreTurnsInARowThanItMust) {
  // 100 turns with three breaks: 34 in a row at least.
  EXPECT_EQ(LongestRun({100, 1, 1, 1}), 34);
  // Half of the turns: every second one.
  EXPECT_EQ(LongestRun({4, 1, 1, 1, 1}), 1);
  EXPECT_EQ(LongestRun({1, 2, 4}), 2);
}

TEST(StrideScheduleTest, SharesAreExactWhileTheCycleIsShortEnough) {
  EXPECT_THAT(ShareErrors({60, 30, 10}), Each(Lt(1e-12)));
  EXPECT_THAT(ShareErrors(RandomWeights(600, 1, 100)), Each(Lt(1e-12)));
}

TEST(StrideScheduleTest, SharesBeyondAreRoundedToOneAndAHalfPercentOfTheMean) {
  EXPECT_THAT(ShareErrors(RandomWeights(500, 1u << 30, kMaxWeight)), Each(Lt(0.015)));
  EXPECT_THAT(ShareErrors(RandomWeights(2000, 500'000, 1'000'000)), Each(Lt(0.015)));
  EXPECT_THAT(ShareErrors(RandomWeights(2000, 100'000, 1'000'000)), Each(Lt(0.06)));
}

TEST(StrideScheduleTest, EveryMemberHasATurnHoweverSmallItsWeight) {
  std::vector<uint32_t> weights(500, 1);
  weights[250] = kMaxWeight;

  const std::vector<uint32_t> schedule = BuildStrideSchedule(weights);

  EXPECT_THAT(Counts(schedule, 500), Each(Ge(1)));
}

TEST(StrideScheduleTest, LengthIsBounded) {
  EXPECT_THAT(BuildStrideSchedule({kMaxWeight, kMaxWeight - 1}), SizeIs(Le(65'536 + 2)));
  EXPECT_THAT(BuildStrideSchedule(RandomWeights(1000, 1, kMaxWeight)), SizeIs(Le(100'000 + 1000)));
  EXPECT_THAT(BuildStrideSchedule(RandomWeights(20'000, 1, kMaxWeight)),
              SizeIs(Le(262'144 + 20'000)));
}

TEST(ScheduleLimitTest, GrowsWithTheMembersWithinBounds) {
  EXPECT_EQ(ScheduleLimit(0), 65'536);
  EXPECT_EQ(ScheduleLimit(655), 65'536);
  EXPECT_EQ(ScheduleLimit(656), 65'600);
  EXPECT_EQ(ScheduleLimit(2621), 262'100);
  EXPECT_EQ(ScheduleLimit(2622), 262'144);
  EXPECT_EQ(ScheduleLimit(1'000'000), 262'144);
}

}  // namespace
}  // namespace nines
