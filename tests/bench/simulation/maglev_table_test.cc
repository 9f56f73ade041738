// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "maglev_table.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity.h"
#include "nines/endpoint.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

// The paper's Pseudocode 1, for equal weights, word for word and without any shortcut.
std::vector<uint32_t> BuildFromThePaper(const EndpointList& endpoints, uint32_t size) {
  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);
  std::vector<uint64_t> next(order.size());
  std::vector<uint32_t> entry(size, UINT32_MAX);
  for (uint32_t filled = 0;;) {
    for (size_t i = 0; i < order.size(); ++i) {
      const uint64_t offset = order[i].hash.low % size;
      const uint64_t skip = order[i].hash.high % (size - 1) + 1;
      while (entry[(offset + next[i] * skip) % size] != UINT32_MAX) ++next[i];
      entry[(offset + next[i] * skip) % size] = order[i].index;
      ++next[i];
      if (++filled == size) return entry;
    }
  }
}

TEST(MaglevTableTest, IsThePapersForEqualWeights) {
  const EndpointList endpoints = MakeEndpoints(50);

  EXPECT_EQ(BuildMaglevTable(endpoints, 4099), BuildFromThePaper(endpoints, 4099));
}

TEST(MaglevTableTest, SlotsFollowWeightsToWithinOne) {
  const EndpointList endpoints = MakeWeightedEndpoints({1, 2, 3, 4});
  std::vector<uint32_t> slots(4);

  for (const uint32_t owner : BuildMaglevTable(endpoints, 10'007)) ++slots.at(owner);

  EXPECT_THAT(slots, ElementsAre(AllOf(Ge(1000), Le(1002)), AllOf(Ge(2001), Le(2003)),
                                 AllOf(Ge(3001), Le(3003)), AllOf(Ge(4002), Le(4004))));
}

}  // namespace
}  // namespace nines
