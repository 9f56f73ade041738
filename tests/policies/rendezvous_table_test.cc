// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "rendezvous_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
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

constexpr uint32_t kDefaultSize = 1 << 18;
constexpr uint32_t kMaxWeight = UINT32_MAX;

std::vector<uint32_t> Build(const EndpointList& endpoints, uint32_t size) {
  return BuildRendezvousTable<uint32_t>(endpoints, InCanonicalOrder(endpoints), size);
}

std::vector<std::string> Addresses(const EndpointList& endpoints, uint32_t size) {
  std::vector<std::string> addresses;
  for (const uint32_t owner : Build(endpoints, size)) {
    addresses.push_back(endpoints.at(owner).address);
  }
  return addresses;
}

std::vector<uint32_t> SlotsPerEndpoint(const std::vector<uint32_t>& table, size_t endpoints) {
  std::vector<uint32_t> slots(endpoints);
  for (const uint32_t endpoint : table) ++slots.at(endpoint);
  return slots;
}

// FNV-1a, 64 bits.
uint64_t Checksum(const std::vector<uint32_t>& table) {
  uint64_t sum = 0xCBF29CE484222325;
  for (const uint32_t owner : table) sum = (sum ^ owner) * 0x100000001B3;
  return sum;
}

// The fraction of slots that change hands although neither owner is the endpoint at `changed`.
double ExcessMovement(const EndpointList& with, size_t changed, uint32_t size) {
  EndpointList without = with;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(changed));
  const std::vector<uint32_t> table = Build(with, size);
  const std::vector<uint32_t> table_without = Build(without, size);
  uint32_t moved = 0;
  for (uint32_t slot = 0; slot < size; ++slot) {
    const bool is_its_own = table[slot] == changed;
    const uint32_t owner = table[slot] - (table[slot] > changed ? 1 : 0);
    if (!is_its_own && owner != table_without[slot]) ++moved;
  }
  return moved / static_cast<double>(size);
}

// Of the slots that were the endpoint's at `changed`, how many each of the others gets.
std::vector<uint32_t> HeirsOf(size_t changed, const EndpointList& with, uint32_t size) {
  EndpointList without = with;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(changed));
  const std::vector<uint32_t> table = Build(with, size);
  const std::vector<uint32_t> table_without = Build(without, size);
  std::vector<uint32_t> heirs(without.size());
  for (uint32_t slot = 0; slot < size; ++slot) {
    if (table[slot] == changed) ++heirs.at(table_without[slot]);
  }
  return heirs;
}

EndpointList MakeEndpointsWeighted124(uint32_t count) {
  EndpointList endpoints = MakeEndpoints(count);
  for (uint32_t i = 0; i < count; ++i) endpoints[i].weight = 1u << (i % 3);
  return endpoints;
}

// Slots of all endpoints of weight 1, 2 and 4 together, relative to their share.
std::vector<double> SharesOfWeights124(uint32_t count) {
  const EndpointList endpoints = MakeEndpointsWeighted124(count);
  std::vector<double> owned(3);
  std::vector<double> weights(3);
  for (const uint32_t owner : Build(endpoints, kDefaultSize)) ++owned[owner % 3];
  for (uint32_t i = 0; i < count; ++i) weights[i % 3] += endpoints[i].weight;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (int i = 0; i < 3; ++i) owned[i] /= kDefaultSize * (weights[i] / sum);
  return owned;
}

// Clients of all versions agree on these: a change here moves the keys of every user.
TEST(RendezvousTableTest, TableIsFixed) {
  const EndpointList endpoints = {{"a:1", 1, ""}, {"b:1", 2, ""}, {"c:1", 1, "x"}};

  EXPECT_THAT(Build(endpoints, 13), ElementsAre(1, 1, 0, 2, 1, 1, 1, 1, 0, 1, 0, 2, 2));
}

TEST(RendezvousTableTest, LargeTablesAreFixed) {
  EXPECT_EQ(Checksum(Build(MakeEndpoints(10), kDefaultSize)), 17745571543436063327u);
  EXPECT_EQ(Checksum(Build(MakeEndpoints(1000), kDefaultSize)), 18370576220136819913u);
  EXPECT_EQ(Checksum(Build(MakeEndpoints(10'000), kDefaultSize)), 708345245819958546u);
  EXPECT_EQ(Checksum(Build(MakeEndpoints(30'000), 1 << 20)), 6847207821241074731u);
  EXPECT_EQ(Checksum(Build(MakeEndpointsWeighted124(100), 65'537)), 14574532286357765180u);
  EXPECT_EQ(Checksum(Build(MakeEndpointsWeighted124(10'000), kDefaultSize)), 1632879251637861324u);
  EXPECT_EQ(Checksum(Build(MakeWeightedEndpoints({1, kMaxWeight, 0, 77, 1u << 31}), 4099)),
            3412831297642980624u);
}

TEST(RendezvousTableTest, OrderOfTheListDoesNotMatter) {
  const EndpointList endpoints = MakeEndpointsWeighted124(100);

  EXPECT_EQ(Addresses(Shuffled(endpoints), 65'537), Addresses(endpoints, 65'537));
}

TEST(RendezvousTableTest, WidthOfSlotsDoesNotMatter) {
  const EndpointList endpoints = MakeEndpoints(50);
  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);

  const auto bytes = BuildRendezvousTable<uint8_t>(endpoints, order, 4099);
  const auto halves = BuildRendezvousTable<uint16_t>(endpoints, order, 4099);

  EXPECT_EQ(std::vector<uint32_t>(bytes.begin(), bytes.end()), Build(endpoints, 4099));
  EXPECT_EQ(std::vector<uint32_t>(halves.begin(), halves.end()), Build(endpoints, 4099));
}

TEST(RendezvousTableTest, OnlyEndpointOwnsAll) {
  EXPECT_THAT(Build(MakeEndpoints(1), 4099), Each(0));
}

TEST(RendezvousTableTest, TwoEndpointsShare) {
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(2), kDefaultSize), 2),
              Each(AllOf(Ge(130'400), Le(131'728))));
}

// A share is at most 1/200 too large, and a slot for rounding; few are much too small.
TEST(RendezvousTableTest, NobodyOwnsMoreThanItsLimit) {
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(10), kDefaultSize), 10),
              Each(AllOf(Ge(25'800), Le(26'346))));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(100), kDefaultSize), 100),
              Each(AllOf(Ge(2'480), Le(2'635))));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(1000), kDefaultSize), 1000),
              Each(AllOf(Ge(200), Le(264))));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(10'000), kDefaultSize), 10'000),
              Each(AllOf(Ge(10), Le(27))));
}

TEST(RendezvousTableTest, SharesFollowWeights) {
  EXPECT_THAT(SharesOfWeights124(9), Each(AllOf(Ge(0.99), Le(1.01))));
  EXPECT_THAT(SharesOfWeights124(99), Each(AllOf(Ge(0.99), Le(1.01))));
  EXPECT_THAT(SharesOfWeights124(999), Each(AllOf(Ge(0.99), Le(1.01))));
}

TEST(RendezvousTableTest, WeightOfZeroCountsAsOne) {
  EXPECT_EQ(Build(MakeWeightedEndpoints({0, 5, 0}), 4099),
            Build(MakeWeightedEndpoints({1, 5, 1}), 4099));
}

TEST(RendezvousTableTest, EveryEndpointOwnsASlotHoweverSmallItsWeight) {
  std::vector<uint32_t> weights(500, 1);
  weights[250] = kMaxWeight;

  const std::vector<uint32_t> slots =
      SlotsPerEndpoint(Build(MakeWeightedEndpoints(weights), 65'537), 500);

  EXPECT_THAT(slots, Each(Ge(1)));
  EXPECT_EQ(slots[250], 65'537 - 499);
}

TEST(RendezvousTableTest, LargestWeightsShareEqually) {
  const std::vector<uint32_t> slots = SlotsPerEndpoint(
      Build(MakeWeightedEndpoints({kMaxWeight, 1, kMaxWeight, kMaxWeight}), kDefaultSize), 4);

  EXPECT_THAT(slots, ElementsAre(AllOf(Ge(86'500), Le(87'819)), 1, AllOf(Ge(86'500), Le(87'819)),
                                 AllOf(Ge(86'500), Le(87'819))));
}

// Their limits add up to less than the table: some must take more, and soon.
TEST(RendezvousTableTest, SlotsThatNobodyMayOwnAreHandedOutAllTheSame) {
  std::vector<uint32_t> weights(2000, 1);
  for (size_t i = 0; i < weights.size(); i += 2) weights[i] = 1u << 30;

  const std::vector<uint32_t> slots =
      SlotsPerEndpoint(Build(MakeWeightedEndpoints(weights), 65'537), 2000);

  EXPECT_EQ(std::accumulate(slots.begin(), slots.end(), 0u), 65'537);
  EXPECT_THAT(slots, Each(AllOf(Ge(1), Le(80))));
}

TEST(RendezvousTableTest, FewSlotsMoveBesideThoseOfARemovedEndpoint) {
  EXPECT_LE(ExcessMovement(MakeEndpoints(10), 3, kDefaultSize), 0.001);
  EXPECT_LE(ExcessMovement(MakeEndpoints(100), 3, kDefaultSize), 0.002);
  EXPECT_LE(ExcessMovement(MakeEndpoints(1000), 3, kDefaultSize), 0.002);
  EXPECT_LE(ExcessMovement(MakeEndpoints(10'000), 3, kDefaultSize), 0.001);
}

// Removal and addition are one comparison, read in two directions; weights are the harder case.
TEST(RendezvousTableTest, FewSlotsMoveWithUnequalWeights) {
  EXPECT_LE(ExcessMovement(MakeEndpointsWeighted124(10), 3, kDefaultSize), 0.002);
  EXPECT_LE(ExcessMovement(MakeEndpointsWeighted124(100), 3, kDefaultSize), 0.002);
  EXPECT_LE(ExcessMovement(MakeEndpointsWeighted124(1000), 3, kDefaultSize), 0.002);
}

TEST(RendezvousTableTest, WhatARemovedEndpointLeavesGoesToAllOthers) {
  EXPECT_THAT(HeirsOf(3, MakeEndpoints(10), kDefaultSize), Each(AllOf(Ge(2'700), Le(3'100))));
}

TEST(RendezvousTableTest, NewAddressWithTheSameHashKeyMovesNothing) {
  EndpointList endpoints = MakeEndpoints(10);
  endpoints[4].hash_key = "pod-4";
  const std::vector<uint32_t> before = Build(endpoints, 4099);

  endpoints[4].address = "192.0.2.99:50051";

  EXPECT_EQ(Build(endpoints, 4099), before);
}

TEST(RendezvousTableTest, EndpointsThatShareAnIdentityShareAlike) {
  EndpointList endpoints = MakeEndpoints(4);
  endpoints[0].hash_key = "same";
  endpoints[2].hash_key = "same";

  EXPECT_THAT(SlotsPerEndpoint(Build(endpoints, 65'537), 4), Each(AllOf(Ge(16'000), Le(16'467))));
}

TEST(RendezvousTableTest, SmallestTableHasASlotForEach) {
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(3), 3), 3), Each(1));
  EXPECT_THAT(SlotsPerEndpoint(Build(MakeEndpoints(1009), 1009), 1009), Each(1));
}

TEST(RendezvousTableTest, TableSmallerThanTheListIsFullAllTheSame) {
  const std::vector<uint32_t> slots = SlotsPerEndpoint(Build(MakeEndpoints(10), 7), 10);

  EXPECT_EQ(std::count(slots.begin(), slots.end(), 1u), 7);
}

TEST(RendezvousTableTest, HundredThousandEndpointsEachOwnTheirShare) {
  const EndpointList endpoints = MakeEndpoints(100'000);
  const uint32_t size = RendezvousTableSize(0, endpoints.size());

  EXPECT_THAT(SlotsPerEndpoint(Build(endpoints, size), endpoints.size()),
              Each(AllOf(Ge(1), Le(11))));
}

TEST(RendezvousTableSizeTest, GrowsInFewSteps) {
  EXPECT_EQ(RendezvousTableSize(0, 0), 1 << 18);
  EXPECT_EQ(RendezvousTableSize(0, 26'214), 1 << 18);
  EXPECT_EQ(RendezvousTableSize(0, 26'215), 1 << 20);
  EXPECT_EQ(RendezvousTableSize(0, 104'857), 1 << 20);
  EXPECT_EQ(RendezvousTableSize(0, 104'858), kMaxTableSlots);
  EXPECT_EQ(RendezvousTableSize(0, 10'000'000), kMaxTableSlots);
}

TEST(RendezvousTableSizeTest, TakesWhatIsAskedFor) {
  EXPECT_EQ(RendezvousTableSize(3, 3), 3);
  EXPECT_EQ(RendezvousTableSize(65'537, 5), 65'537);
  EXPECT_EQ(RendezvousTableSize(1000, 5), 1000);
  EXPECT_EQ(RendezvousTableSize(UINT32_MAX, 5), kMaxTableSlots);
}

TEST(RendezvousTableSizeTest, PassesOverASizeTooSmallForTheEndpoints) {
  EXPECT_EQ(RendezvousTableSize(3, 4), 1 << 18);
}

}  // namespace
}  // namespace nines
