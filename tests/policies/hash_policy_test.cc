// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/hash_policy.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity.h"
#include "maglev_table.h"
#include "mix.h"
#include "nines/endpoint.h"
#include "nines/policy.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

TEST(HashPolicyTest, SaysWhatItIs) {
  const auto policy = MakeHashPolicy({});

  EXPECT_EQ(policy->name(), "hash");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kHashKey);
}

TEST(HashPolicyTest, FirstCandidateOwnsTheSlotOfTheSeed) {
  const EndpointList endpoints = MakeEndpoints(5);
  const auto slots = BuildMaglevTable<uint16_t>(endpoints, CanonicalOrder(endpoints), 4099);

  const auto table = MakeHashPolicy({{}, 4099})->BuildTable(endpoints);

  EXPECT_EQ(table->Candidate(12345, 0), slots[Scale(HighBits(Mix(12345, 0)), 4099)]);
  EXPECT_EQ(table->Candidate(12345, 1), slots[Scale(HighBits(Mix(12345, 1)), 4099)]);
}

// Clients of all versions agree on it: a change here moves the keys of every user.
TEST(HashPolicyTest, CandidatesAreFixed) {
  const EndpointList endpoints = {
      {"10.0.0.1:50051", 1, ""}, {"10.0.0.2:50051", 2, ""}, {"10.0.0.3:50051", 1, "pod-3"}};
  const auto table = MakeHashPolicy({})->BuildTable(endpoints);

  std::vector<uint32_t> candidates;
  for (uint32_t k = 0; k < table->candidate_limit(); ++k) {
    candidates.push_back(table->Candidate(0x78AF5F94892F3950, k));
  }

  EXPECT_THAT(candidates, ElementsAre(2, 0, 1, 2, 0, 2, 1, 1, 0, 2, 1));
}

TEST(HashPolicyTest, IndexesBeyondSixteenBitsFit) {
  const EndpointList endpoints = MakeEndpoints(70'000);

  const auto table = MakeHashPolicy({{}, 262'147})->BuildTable(endpoints);

  const std::vector<uint32_t> counts = CountCandidates(*table, endpoints.size(), 0, 100'000);
  EXPECT_GT(*std::max_element(counts.begin() + 65'536, counts.end()), 0);
}

}  // namespace
}  // namespace nines
