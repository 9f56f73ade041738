// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "number_text.h"

#include "gtest/gtest.h"

namespace nines::demo {
namespace {

TEST(NumberTextTest, SeparatesThousands) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(1234567), "1,234,567");
}

TEST(NumberTextTest, ShowsTenthsOfShortDurations) {
  EXPECT_EQ(MillisecondsText(absl::Microseconds(3140)), "3.1");
  EXPECT_EQ(MillisecondsText(absl::Milliseconds(210)), "210");
}

TEST(NumberTextTest, SaysAHundredPercentOnlyIfNothingFailed) {
  EXPECT_EQ(PercentText(100), "100.000 %");
  EXPECT_EQ(PercentText(99.99999), "99.999 %");
  EXPECT_EQ(PercentText(0), "0.000 %");
}

TEST(NumberTextTest, TakesThePortOff) {
  EXPECT_EQ(HostOf("127.0.0.2:4012"), "127.0.0.2");
  EXPECT_EQ(HostOf("[::1]:80"), "[::1]");
  EXPECT_EQ(HostOf(""), "");
}

TEST(NumberTextTest, KeepsControlCharactersOffTheScreen) {
  EXPECT_EQ(OnOneLine("a\nb\x1b[2Jc"), "a b [2Jc");
}

}  // namespace
}  // namespace nines::demo
