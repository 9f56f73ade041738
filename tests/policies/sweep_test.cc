// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "sweep.h"

#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Lt;

Sweep MakeSweep(uint32_t size) {
  std::vector<uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  return Sweep(order);
}

std::vector<uint32_t> All(const Sweep& sweep, uint64_t seed) {
  std::vector<uint32_t> candidates;
  for (uint32_t k = kDraws; k < sweep.candidate_limit(); ++k) {
    candidates.push_back(sweep.Candidate(seed, k));
  }
  return candidates;
}

// The sizes up to `largest` for which a sweep with some seed does not name everyone once.
std::vector<uint32_t> IncompleteSizes(uint32_t largest) {
  std::vector<uint32_t> incomplete;
  for (uint32_t size = 1; size <= largest; ++size) {
    const Sweep sweep = MakeSweep(size);
    for (uint64_t seed = 0; seed < 50; ++seed) {
      const std::vector<uint32_t> all = All(sweep, seed);
      const std::set<uint32_t> distinct(all.begin(), all.end());
      if (all.size() != size || distinct.size() != size) incomplete.push_back(size);
    }
  }
  return incomplete;
}

TEST(SweepTest, OfNobodyHasNoCandidates) { EXPECT_EQ(MakeSweep(0).candidate_limit(), 0); }

TEST(SweepTest, NamesEveryoneOnce) { EXPECT_THAT(IncompleteSizes(300), IsEmpty()); }

TEST(SweepTest, NamesEveryoneOnceOfMany) {
  const std::vector<uint32_t> all = All(MakeSweep(120'120), 3);  // 2³ × 3 × 5 × 7 × 11 × 13

  EXPECT_EQ(std::set<uint32_t>(all.begin(), all.end()).size(), 120'120);
}

TEST(SweepTest, BeginsAnywhereAlike) {
  const Sweep sweep = MakeSweep(10);
  std::vector<uint32_t> first(10);

  for (uint64_t seed = 0; seed < 100'000; ++seed) ++first.at(sweep.Candidate(seed, kDraws));

  EXPECT_THAT(first, Each(Gt(9'500)));
  EXPECT_THAT(first, Each(Lt(10'500)));
}

// Clients of all versions agree on it.
TEST(SweepTest, OrderIsFixed) {
  EXPECT_THAT(All(MakeSweep(7), 1), ElementsAre(1, 3, 5, 0, 2, 4, 6));
  EXPECT_THAT(All(MakeSweep(7), 2), ElementsAre(1, 4, 0, 3, 6, 2, 5));
}

}  // namespace
}  // namespace nines
