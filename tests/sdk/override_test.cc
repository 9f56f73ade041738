// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CheckOverrideTest, TakesEveryModeWeightAndExpiry) {
  EXPECT_TRUE(CheckOverride("a:1", {}).ok());
  EXPECT_TRUE(CheckOverride("a:1", {.mode = Override::Mode::kDrain}).ok());
  EXPECT_TRUE(CheckOverride("a:1", {.mode = Override::Mode::kDisable,
                                    .weight = UINT32_MAX,
                                    .expires_after = absl::Nanoseconds(1),
                                    .note = "größer"})
                  .ok());
  EXPECT_TRUE(CheckOverride("a:1", {.note = std::string(Override::kMaxNote, 'x')}).ok());
}

TEST(CheckOverrideTest, NamesEveryProblemAndWhatIsAllowed) {
  const absl::Status status = CheckOverride("", {.mode = Override::Mode::kDrain,
                                                 .weight = 0,
                                                 .expires_after = absl::Seconds(-1),
                                                 .note = std::string(300, '\n')});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("address: is empty"), HasSubstr("weight: 0 is out of range [1, 4294967295]"),
            HasSubstr("expires_after: -1s is over already; allowed: more than 0s"),
            HasSubstr("note: has 300 bytes; allowed: at most 256"),
            HasSubstr("note: has a control character")));
}

TEST(CheckOverrideTest, RefusesAnExpiryOfNothing) {
  const absl::Status status = CheckOverride("a:1", {.expires_after = absl::Seconds(1)});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("neither mode nor weight"));
}

TEST(FormatOverrideTest, SaysWhatItSays) {
  EXPECT_EQ(FormatOverride({}), "none");
  EXPECT_EQ(FormatOverride({.mode = Override::Mode::kForceHealthy}), "force_healthy");
  EXPECT_EQ(FormatOverride({.weight = 3}), "weight 3");
  EXPECT_EQ(FormatOverride({.mode = Override::Mode::kDrain,
                            .weight = 3,
                            .expires_after = absl::Minutes(10),
                            .note = "rollout"}),
            "drain, weight 3, for 10m: rollout");
}

}  // namespace
}  // namespace nines
