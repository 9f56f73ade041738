// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/round_robin_policy.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity.h"
#include "nines/endpoint.h"
#include "nines/policy.h"
#include "policies/endpoints_for_test.h"
#include "stride_schedule.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

// The first candidates of `count` calls whose seeds follow each other.
std::vector<uint32_t> FirstCandidates(const CandidateTable& table, uint64_t first_seed,
                                      uint32_t count) {
  std::vector<uint32_t> candidates;
  for (uint32_t i = 0; i < count; ++i) candidates.push_back(table.Candidate(first_seed + i, 0));
  return candidates;
}

TEST(RoundRobinPolicyTest, SaysWhatItIs) {
  const auto policy = MakeRoundRobinPolicy();

  EXPECT_EQ(policy->name(), "roundRobin");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kSequence);
  EXPECT_EQ(policy->choices(), 1);
}

TEST(RoundRobinPolicyTest, EqualEndpointsTakeTurnsInCanonicalOrder) {
  const EndpointList endpoints = MakeEndpoints(3);
  const std::vector<uint32_t> order = CanonicalOrder(endpoints);

  const auto table = MakeRoundRobinPolicy()->BuildTable(endpoints);

  EXPECT_THAT(FirstCandidates(*table, 0, 7),
              ElementsAre(order[0], order[1], order[2], order[0], order[1], order[2], order[0]));
}

TEST(RoundRobinPolicyTest, TurnsAreThoseOfTheSchedule) {
  const EndpointList endpoints = MakeWeightedEndpoints({1, 2, 4});
  std::vector<uint32_t> weights;
  for (const uint32_t index : CanonicalOrder(endpoints)) weights.push_back(endpoints[index].weight);
  std::vector<uint32_t> turns;
  for (const uint32_t member : BuildStrideSchedule(weights)) {
    turns.push_back(CanonicalOrder(endpoints)[member]);
  }

  const auto table = MakeRoundRobinPolicy()->BuildTable(endpoints);

  EXPECT_EQ(FirstCandidates(*table, 0, 7), turns);
  EXPECT_EQ(FirstCandidates(*table, 7'000'000, 7), turns);
}

TEST(RoundRobinPolicyTest, TheLowerHalfOfTheSeedCountsTheTurns) {
  const auto table = MakeRoundRobinPolicy()->BuildTable(MakeEndpoints(5));

  EXPECT_EQ(FirstCandidates(*table, 7, 5), FirstCandidates(*table, 2, 5));
  EXPECT_EQ(FirstCandidates(*table, (uint64_t{123} << 32) + 2, 5), FirstCandidates(*table, 2, 5));
}

// Candidate 0 of the calls of endpoint 3 while it is down: nobody has more than the others.
TEST(RoundRobinPolicyTest, SecondCandidateIsNotWhoComesNext) {
  const auto table = MakeRoundRobinPolicy()->BuildTable(MakeEndpoints(10));
  std::vector<uint32_t> second(10);

  for (uint64_t seed = 3; seed < 1'000'000; seed += 10) ++second.at(table->Candidate(seed, 1));

  EXPECT_THAT(second, Each(AllOf(Ge(9'500), Le(10'500))));
}

TEST(RoundRobinPolicyTest, IndexesBeyondSixteenBitsFit) {
  const EndpointList endpoints = MakeEndpoints(70'000);

  const auto table = MakeRoundRobinPolicy()->BuildTable(endpoints);
  std::vector<uint32_t> turns(endpoints.size());
  for (uint64_t seed = 0; seed < endpoints.size(); ++seed) ++turns.at(table->Candidate(seed, 0));

  EXPECT_THAT(turns, Each(1));
}

}  // namespace
}  // namespace nines
