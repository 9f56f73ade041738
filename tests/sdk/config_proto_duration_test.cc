// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/proto_duration.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace nines {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(ProtoDurationTest, ReadsSecondsAndFractions) {
  EXPECT_THAT(ParseProtoDuration("0s"), Optional(absl::ZeroDuration()));
  EXPECT_THAT(ParseProtoDuration("12s"), Optional(absl::Seconds(12)));
  EXPECT_THAT(ParseProtoDuration("0.5s"), Optional(absl::Milliseconds(500)));
  EXPECT_THAT(ParseProtoDuration("1.000000001s"),
              Optional(absl::Seconds(1) + absl::Nanoseconds(1)));
  EXPECT_THAT(ParseProtoDuration("315576000000s"), Optional(kMaxProtoDuration));
}

TEST(ProtoDurationTest, RefusesAnythingElse) {
  EXPECT_THAT(ParseProtoDuration(""), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1.s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration(".5s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1.0000000001s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("-1s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("+1s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration(" 1s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1 s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1e3s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1.-5s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("1ms"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("315576000001s"), Eq(std::nullopt));
  EXPECT_THAT(ParseProtoDuration("99999999999999999999s"), Eq(std::nullopt));
}

TEST(ProtoDurationTest, WritesNoMoreDigitsThanNeeded) {
  EXPECT_EQ(FormatProtoDuration(absl::ZeroDuration()), "0s");
  EXPECT_EQ(FormatProtoDuration(absl::Milliseconds(10)), "0.01s");
  EXPECT_EQ(FormatProtoDuration(absl::Nanoseconds(1)), "0.000000001s");
  EXPECT_EQ(FormatProtoDuration(kMaxProtoDuration), "315576000000s");
}

}  // namespace
}  // namespace nines
