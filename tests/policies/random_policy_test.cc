// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random_policy.h"

#include <gtest/gtest.h>

#include "nines/policy.h"

namespace nines {
namespace {

TEST(RandomPolicyTest, SaysWhatItIs) {
  const auto policy = MakeRandomPolicy();

  EXPECT_EQ(policy->name(), "random");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kRandom);
}

}  // namespace
}  // namespace nines
