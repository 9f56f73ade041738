// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "maglev_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity.h"
#include "nines/endpoint.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

std::vector<uint32_t> Build(const EndpointList& endpoints, uint32_t size) {
  return BuildMaglevTable<uint32_t>(endpoints, CanonicalOrder(endpoints), size);
}

// The paper's Pseudocode 1, for equal weights, word for word and without any shortcut.
std::vector<uint32_t> BuildFromThePaper(const EndpointList& endpoints, uint32_t size) {
  const std::vector<uint32_t> order = CanonicalOrder(endpoints);
  std::vector<uint64_t> next(order.size());
  std::vector<uint32_t> entry(size, UINT32_MAX);
  for (uint32_t filled = 0;;) {
    for (size_t i = 0; i < order.size(); ++i) {
      const IdentityHash hash = HashIdentity(endpoints[order[i]].identity(), 0);
      const uint64_t offset = hash.low % size;
      const uint64_t skip = hash.high % (size - 1) + 1;
      while (entry[(offset + next[i] * skip) % size] != UINT32_MAX) ++next[i];
      entry[(offset + next[i] * skip) % size] = order[i];
      ++next[i];
      if (++filled == size) return entry;
    }
  }
}

std::vector<uint32_t> SlotsPerEndpoint(const std::vector<uint32_t>& table, size_t endpoints) {
  std::vector<uint32_t> slots(endpoints);
  for (const uint32_t endpoint : table) ++slots.at(endpoint);
  return slots;
}

// The fraction of slots that change hands although neither owner is the endpoint at `changed`.
double ExcessMovement(const EndpointList& with, size_t changed, uint32_t size) {
  EndpointList without = with;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(changed));
  const std::vector<uint32_t> table = Build(with, size);
  const std::vector<uint32_t> table_without = Build(without, size);
  uint32_t moved = 0;
  for (uint32_t slot = 0; slot < size; ++slot) {
    const std::string& owner = with[table[slot]].address;
    const bool is_its_own = owner == with[changed].address;
    if (!is_its_own && owner != without[table_without[slot]].address) ++moved;
  }
  return moved / static_cast<double>(size);
}

// Clients of all versions agree on it: a change here moves the keys of every user.
TEST(MaglevTableTest, TableIsFixed) {
  const EndpointList endpoints = {{"a:1", 1, ""}, {"b:1", 2, ""}, {"c:1", 1, "x"}};

  EXPECT_THAT(Build(endpoints, 13), ElementsAre(1, 1, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 0));
}

TEST(MaglevTableTest, IsThePapersForEqualWeights) {
  const EndpointList endpoints = MakeEndpoints(50);

  EXPECT_EQ(Build(endpoints, 4099), BuildFromThePaper(endpoints, 4099));
}

TEST(MaglevTableTest, WidthOfSlotsDoesNotMatter) {
  const EndpointList endpoints = MakeEndpoints(50);

  const auto narrow = BuildMaglevTable<uint16_t>(endpoints, CanonicalOrder(endpoints), 4099);

  EXPECT_EQ(std::vector<uint32_t>(narrow.begin(), narrow.end()), Build(endpoints, 4099));
}

TEST(MaglevTableTest, EqualEndpointsOwnEquallyManySlots) {
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(10), 65'537), 10),
              Each(AllOf(Ge(6553), Le(6554))));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(100), 65'537), 100),
              Each(AllOf(Ge(655), Le(656))));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(1000), 262'147), 1000),
              Each(AllOf(Ge(262), Le(263))));
}

TEST(MaglevTableTest, SlotsFollowWeightsToWithinOne) {
  const EndpointList endpoints = MakeWeightedEndpoints({1, 2, 3, 4});

  const std::vector<uint32_t> slots = SlotsPerEndpoint(Build(endpoints, 10'007), 4);

  EXPECT_THAT(slots, ElementsAre(AllOf(Ge(1000), Le(1002)), AllOf(Ge(2001), Le(2003)),
                                 AllOf(Ge(3001), Le(3003)), AllOf(Ge(4002), Le(4004))));
}

TEST(MaglevTableTest, EveryEndpointOwnsASlotHoweverSmallItsWeight) {
  std::vector<uint32_t> weights(500, 1);
  weights[250] = UINT32_MAX;

  const std::vector<uint32_t> slots =
      SlotsPerEndpoint(Build(MakeWeightedEndpoints(weights), 65'537), 500);

  EXPECT_THAT(slots, Each(Ge(1)));
  EXPECT_EQ(slots[250], 65'537 - 499);
}

TEST(MaglevTableTest, FewSlotsMoveBeyondThoseOfARemovedEndpoint) {
  EXPECT_LE(ExcessMovement(MakeEndpoints(10), 3, 65'537), 0.01);
  EXPECT_LE(ExcessMovement(MakeEndpoints(100), 3, 65'537), 0.01);
  EXPECT_LE(ExcessMovement(MakeEndpoints(1000), 3, 262'147), 0.01);
}

// Removal and addition are one comparison, read in two directions; weights are the harder case.
TEST(MaglevTableTest, FewSlotsMoveWithUnequalWeights) {
  std::vector<uint32_t> weights;
  for (uint32_t i = 0; i < 100; ++i) weights.push_back(1 + i % 7);

  EXPECT_LE(ExcessMovement(MakeWeightedEndpoints(weights), 3, 65'537), 0.02);
}

TEST(MaglevTableTest, NewAddressWithTheSameHashKeyMovesNothing) {
  EndpointList endpoints = MakeEndpoints(10);
  endpoints[4].hash_key = "pod-4";
  const std::vector<uint32_t> before = Build(endpoints, 4099);

  endpoints[4].address = "192.0.2.99:50051";

  EXPECT_EQ(Build(endpoints, 4099), before);
}

TEST(MaglevTableTest, SmallestTableHasASlotForEach) {
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(3), 3), 3), Each(1));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(2), 2), 2), Each(1));
}

TEST(MaglevTableSizeTest, GrowsInFewSteps) {
  EXPECT_EQ(MaglevTableSize(0, 0), 65'537);
  EXPECT_EQ(MaglevTableSize(0, 655), 65'537);
  EXPECT_EQ(MaglevTableSize(0, 656), 262'147);
  EXPECT_EQ(MaglevTableSize(0, 10'485), 1'048'583);
  EXPECT_EQ(MaglevTableSize(0, 10'486), kMaxMaglevSlots);
  EXPECT_EQ(MaglevTableSize(0, 1'000'000), kMaxMaglevSlots);
}

TEST(MaglevTableSizeTest, TakesWhatIsAskedFor) {
  EXPECT_EQ(MaglevTableSize(3, 3), 3);
  EXPECT_EQ(MaglevTableSize(65'537, 5), 65'537);
  EXPECT_EQ(MaglevTableSize(kMaxMaglevSlots, 5), kMaxMaglevSlots);
}

TEST(MaglevTableSizeTest, TakesThePrimeAboveWhatIsAskedFor) {
  EXPECT_EQ(MaglevTableSize(1000, 5), 1009);
  EXPECT_EQ(MaglevTableSize(UINT32_MAX, 5), kMaxMaglevSlots);
}

TEST(MaglevTableSizeTest, PassesOverASizeTooSmallForTheEndpoints) {
  EXPECT_EQ(MaglevTableSize(3, 4), 65'537);
  EXPECT_EQ(MaglevTableSize(1, 0), 65'537);
}

}  // namespace
}  // namespace nines
