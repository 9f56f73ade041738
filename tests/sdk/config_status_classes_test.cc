// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

using ::testing::StartsWith;

TEST(StatusClassesConfigTest, EachCodeHasTheClassGiven) {
  const StatusClasses classes = Parse(R"({"statusClasses": {
      "NOT_FOUND": "SERVER_FAULT", "UNAVAILABLE": "OVERLOAD", "INTERNAL": "NEUTRAL"}})")
                                    .status_classes;

  EXPECT_EQ(classes.Of(absl::StatusCode::kNotFound), OutcomeClass::kServerFault);
  EXPECT_EQ(classes.Of(absl::StatusCode::kUnavailable), OutcomeClass::kOverload);
  EXPECT_EQ(classes.Of(absl::StatusCode::kInternal), OutcomeClass::kNeutral);
}

TEST(StatusClassesConfigTest, TheOthersKeepTheirs) {
  const StatusClasses classes =
      Parse(R"({"statusClasses": {"NOT_FOUND": "OVERLOAD"}})").status_classes;

  EXPECT_EQ(classes.Of(absl::StatusCode::kUnavailable), OutcomeClass::kServerFault);
  EXPECT_EQ(classes.Of(absl::StatusCode::kResourceExhausted), OutcomeClass::kOverload);
  EXPECT_EQ(classes.Of(absl::StatusCode::kAborted), OutcomeClass::kNeutral);
}

TEST(StatusClassesConfigTest, SuccessIsNoError) {
  EXPECT_THAT(Problems(R"({"statusClasses": {"OK": "NEUTRAL"}})"),
              StartsWith("nines.statusClasses.OK: \"OK\" is not the code of an error; allowed: "
                         "CANCELLED, UNKNOWN, "));
}

TEST(StatusClassesConfigTest, UnknownCodesAndClassesAreAllNamed) {
  EXPECT_THAT(Problems(R"({"statusClasses": {"unavailable": "SLOW", "ABORTED": 7}})"),
              StartsWith("nines.statusClasses.unavailable: \"unavailable\" is not the code of an "
                         "error; allowed: CANCELLED, "));
  EXPECT_EQ(Problems(R"({"statusClasses": {"ABORTED": "SLOW", "UNKNOWN": 7}})"),
            "nines.statusClasses.ABORTED: \"SLOW\" is not a class; allowed: \"SERVER_FAULT\", "
            "\"OVERLOAD\", \"NEUTRAL\"\n"
            "nines.statusClasses.UNKNOWN: 7 is not a string; allowed: \"SERVER_FAULT\", "
            "\"OVERLOAD\", \"NEUTRAL\"");
  EXPECT_EQ(Problems(R"({"statusClasses": []})"),
            "nines.statusClasses: an array is not an object; allowed: an object");
}

}  // namespace
}  // namespace nines
