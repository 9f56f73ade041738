// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/closest_key.h"

#include <string>

#include <gtest/gtest.h>

#include "absl/strings/string_view.h"

namespace nines {
namespace {

constexpr absl::string_view kKnown[] = {"hash", "tcp", "interval", "maxEjectionPercent"};

TEST(ClosestKeyTest, FindsTypingErrors) {
  EXPECT_EQ(ClosestKey("hsah", kKnown), "hash");
  EXPECT_EQ(ClosestKey("intervall", kKnown), "interval");
  EXPECT_EQ(ClosestKey("maxEjectPercent", kKnown), "");
}

TEST(ClosestKeyTest, FindsOtherCaseAndUnderscores) {
  EXPECT_EQ(ClosestKey("max_ejection_percent", kKnown), "maxEjectionPercent");
  EXPECT_EQ(ClosestKey("MAX-EJECTION-PERCENT", kKnown), "maxEjectionPercent");
}

TEST(ClosestKeyTest, DoesNotGuessFromLittle) {
  EXPECT_EQ(ClosestKey("", kKnown), "");
  EXPECT_EQ(ClosestKey("xyz", kKnown), "");
  EXPECT_EQ(ClosestKey("ttl", kKnown), "");
  EXPECT_EQ(ClosestKey(std::string(100'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace nines
