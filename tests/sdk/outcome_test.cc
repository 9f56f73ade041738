// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

// The codes, by number, that have this class by default.
std::vector<int> CodesOf(OutcomeClass outcome_class) {
  std::vector<int> codes;
  for (int code = 0; code <= 16; ++code) {
    if (StatusClasses().Of(static_cast<absl::StatusCode>(code)) == outcome_class) {
      codes.push_back(code);
    }
  }
  return codes;
}

TEST(StatusClassesTest, DefaultsAreTheDocumentedOnes) {
  EXPECT_THAT(CodesOf(OutcomeClass::kSuccess), testing::ElementsAre(0));
  EXPECT_THAT(CodesOf(OutcomeClass::kServerFault), testing::ElementsAre(2, 4, 13, 14, 15));
  EXPECT_THAT(CodesOf(OutcomeClass::kOverload), testing::ElementsAre(8));
  EXPECT_THAT(CodesOf(OutcomeClass::kNeutral),
              testing::ElementsAre(1, 3, 5, 6, 7, 9, 10, 11, 12, 16));
}

TEST(StatusClassesTest, CodeThatIsNoneCountsAsUnknown) {
  StatusClasses classes;
  classes.Set(absl::StatusCode::kUnknown, OutcomeClass::kOverload);

  EXPECT_EQ(classes.Of(static_cast<absl::StatusCode>(20)), OutcomeClass::kOverload);
  EXPECT_EQ(classes.Of(static_cast<absl::StatusCode>(-1)), OutcomeClass::kOverload);
  EXPECT_EQ(classes.Of(static_cast<absl::StatusCode>(1'000'000)), OutcomeClass::kOverload);
}

TEST(StatusClassesTest, LastClassCounts) {
  StatusClasses classes;
  classes.Set(absl::StatusCode::kUnauthenticated, OutcomeClass::kServerFault);
  classes.Set(absl::StatusCode::kUnauthenticated, OutcomeClass::kOverload);

  EXPECT_EQ(classes.Of(absl::StatusCode::kUnauthenticated), OutcomeClass::kOverload);
  EXPECT_EQ(classes.Of(absl::StatusCode::kDataLoss), OutcomeClass::kServerFault) << "its neighbour";
}

TEST(OutcomeTest, ClassThatIsGivenBeatsTheStatus) {
  Outcome outcome = MakeOutcome(absl::UnavailableError("down"));
  EXPECT_EQ(ClassOf(outcome), OutcomeClass::kServerFault);

  outcome.outcome_class = OutcomeClass::kNeutral;

  EXPECT_EQ(ClassOf(outcome), OutcomeClass::kNeutral);
}

}  // namespace
}  // namespace nines
