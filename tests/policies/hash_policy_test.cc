// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/hash_policy.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "identity.h"
#include "mix.h"
#include "nines/endpoint.h"
#include "nines/policy.h"
#include "policies/endpoints_for_test.h"
#include "rendezvous_table.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

// Of the calls of the last of `count` endpoints.
uint32_t CallsOfLast(uint32_t count) {
  const auto table = MakeHashPolicy({{}, 131'101})->BuildTable(MakeEndpoints(count));
  return CountCandidates(*table, count, 0, 1'000'000).back();
}

TEST(HashPolicyTest, SaysWhatItIs) {
  const auto policy = MakeHashPolicy({});

  EXPECT_EQ(policy->name(), "hash");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kHashKey);
}

TEST(HashPolicyTest, FirstCandidateOwnsTheSlotOfTheSeed) {
  const EndpointList endpoints = MakeEndpoints(5);
  const auto slots = BuildRendezvousTable<uint8_t>(endpoints, InCanonicalOrder(endpoints), 4099);

  const auto table = MakeHashPolicy({{}, 4099})->BuildTable(endpoints);

  const uint64_t seed = SeedOf(12345);
  EXPECT_EQ(table->Candidate(seed, 0), slots[Scale(HighBits(seed), 4099)]);
  EXPECT_EQ(table->Candidate(seed, 1), slots[Scale(HighBits(Mix(seed, 1)), 4099)]);
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

  EXPECT_THAT(candidates, ElementsAre(2, 2, 1, 1, 2, 1, 0, 1, 2, 0, 1));
}

// A key's hash chooses its slot as it is, so that it must be good in its first bits.
TEST(HashPolicyTest, SpreadsKeysThatDifferByLittle) {
  const auto table = MakeHashPolicy({})->BuildTable(MakeEndpoints(10));
  std::vector<uint32_t> counts(10);

  for (int i = 0; i < 100'000; ++i) {
    const std::string key = absl::StrCat("user-", i);
    ++counts.at(table->Candidate(XXH3_64bits(key.data(), key.size()), 0));
  }

  // 10,000 each, with a standard deviation of 95 and the table's own half of a per cent.
  EXPECT_THAT(counts, Each(AllOf(Ge(9'500), Le(10'500))));
}

// The largest index is asked for, with as many endpoints as a slot has values and with one more.
TEST(HashPolicyTest, IndexesFitIntoSlots) {
  EXPECT_GT(CallsOfLast(256), 0);
  EXPECT_GT(CallsOfLast(257), 0);
  EXPECT_GT(CallsOfLast(65'535), 0);
  EXPECT_GT(CallsOfLast(65'536), 0);
  EXPECT_GT(CallsOfLast(65'537), 0);
}

}  // namespace
}  // namespace nines
