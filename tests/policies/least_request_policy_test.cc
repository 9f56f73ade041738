// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/least_request_policy.h"

#include <gtest/gtest.h>

#include "nines/policy.h"
#include "nines/random_policy.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

TEST(LeastRequestPolicyTest, SaysWhatItIs) {
  const auto policy = MakeLeastRequestPolicy({});

  EXPECT_EQ(policy->name(), "leastRequest");
  EXPECT_EQ(policy->seed_source(), Policy::SeedSource::kRandom);
}

TEST(LeastRequestPolicyTest, ComparesAsManyAsTheConfigSays) {
  EXPECT_EQ(MakeLeastRequestPolicy({})->choices(), 2);
  EXPECT_EQ(MakeLeastRequestPolicy({5})->choices(), 5);
}

TEST(LeastRequestPolicyTest, ChoicesStayBetweenTwoAndTen) {
  EXPECT_EQ(MakeLeastRequestPolicy({0})->choices(), 2);
  EXPECT_EQ(MakeLeastRequestPolicy({1})->choices(), 2);
  EXPECT_EQ(MakeLeastRequestPolicy({10})->choices(), 10);
  EXPECT_EQ(MakeLeastRequestPolicy({11})->choices(), 10);
}

TEST(LeastRequestPolicyTest, DrawsAsRandomDoes) {
  const EndpointList endpoints = MakeWeightedEndpoints({1, 2, 3, 4, 5});
  const auto random = MakeRandomPolicy()->BuildTable(endpoints);

  const auto table = MakeLeastRequestPolicy({})->BuildTable(endpoints);

  for (uint64_t call = 0; call < 100; ++call) {
    ASSERT_EQ(Candidates(*table, endpoints, SeedOf(call)),
              Candidates(*random, endpoints, SeedOf(call)));
  }
}

}  // namespace
}  // namespace nines
