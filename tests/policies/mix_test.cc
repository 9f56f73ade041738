// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "mix.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace nines {
namespace {

// The published first outputs of SplitMix64 for this seed: clients of all versions agree on them.
TEST(MixTest, IsSplitMix64) {
  EXPECT_EQ(Mix(1234567, 0), 6457827717110365317u);
  EXPECT_EQ(Mix(1234567, 1), 3203168211198807973u);
  EXPECT_EQ(Mix(1234567, 2), 9817491932198370423u);
}

TEST(ScaleTest, CoversTheRange) {
  EXPECT_EQ(Scale(0, 10), 0);
  EXPECT_EQ(Scale(UINT32_MAX / 2, 10), 4);
  EXPECT_EQ(Scale(UINT32_MAX, 10), 9);
  EXPECT_EQ(Scale(UINT32_MAX, 1), 0);
  EXPECT_EQ(Scale(UINT32_MAX, UINT32_MAX), UINT32_MAX - 1);
}

}  // namespace
}  // namespace nines
