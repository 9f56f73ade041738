// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "other_tables.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/endpoint.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

// How many slots change hands when the last endpoint goes, but for its own.
uint32_t MovedBeside(const std::vector<uint32_t>& with, const std::vector<uint32_t>& without,
                     uint32_t last) {
  uint32_t moved = 0;
  for (size_t slot = 0; slot < with.size(); ++slot) {
    if (with[slot] != last && with[slot] != without[slot]) ++moved;
  }
  return moved;
}

std::vector<uint32_t> CountSlots(const std::vector<uint32_t>& slots, size_t endpoints) {
  std::vector<uint32_t> counts(endpoints);
  for (const uint32_t owner : slots) ++counts.at(owner);
  return counts;
}

TEST(RendezvousWithoutLimitTest, OnlyTheLeaversSlotsMove) {
  const auto with = BuildByAsking(MakeEndpoints(20), 4096, {});
  const auto without = BuildByAsking(MakeEndpoints(19), 4096, {});

  EXPECT_EQ(MovedBeside(with, without, 19), 0);
}

TEST(LevelledTableTest, IsEvenButForWhatIsHandedOutAfterwards) {
  const auto slots = BuildByAsking(MakeEndpoints(16), 4096, {.level_until_free = 0.03});

  EXPECT_THAT(CountSlots(slots, 16), Each(AllOf(Ge(240), Le(275))));
}

TEST(BoundedTableTest, NobodyIsFarAboveItsShare) {
  const auto slots = BuildByAsking(MakeEndpoints(16), 4096, {.slack = 0.01});

  EXPECT_THAT(CountSlots(slots, 16), Each(Le(259)));
}

TEST(MultiProbeTest, OnlyTheLeaversSlotsMove) {
  const auto with = BuildMultiProbe(MakeEndpoints(20), 4096, 1, 21);
  const auto without = BuildMultiProbe(MakeEndpoints(19), 4096, 1, 21);

  EXPECT_EQ(MovedBeside(with, without, 19), 0);
}

}  // namespace
}  // namespace nines
