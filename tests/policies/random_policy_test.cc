// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random_policy.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "alias_table.h"
#include "identity.h"
#include "mix.h"
#include "nines/policy.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

TEST(RandomPolicyTest, SaysWhatItIs) {
  const auto policy = MakeRandomPolicy();

  EXPECT_EQ(policy->name(), "random");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kRandom);
}

TEST(RandomPolicyTest, EqualWeightsAreDrawnAsFromAnAliasTable) {
  const EndpointList endpoints = MakeWeightedEndpoints({0, 1, 1, 0, 1, 1, 1});
  std::vector<AliasTable::Item> items;
  for (const uint32_t index : CanonicalOrder(endpoints)) items.push_back({index, 1});
  const AliasTable shares(items);

  const auto table = MakeRandomPolicy()->BuildTable(endpoints);

  for (uint64_t call = 0; call < 1000; ++call) {
    const uint64_t seed = SeedOf(call);
    ASSERT_EQ(table->Candidate(seed, 0), shares.Draw(seed));
    ASSERT_EQ(table->Candidate(seed, 3), shares.Draw(Mix(seed, 3)));
  }
}

}  // namespace
}  // namespace nines
