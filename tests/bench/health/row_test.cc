// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "row.h"

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> NamesOf(const absl::StatusOr<std::vector<Row>>& rows) {
  std::vector<std::string> names;
  if (!rows.ok()) return {rows.status().ToString()};
  for (const Row& row : *rows) names.push_back(row.name);
  return names;
}

const std::vector<Row>& ThreeRows() {
  static const auto& rows = *new std::vector<Row>{{"errors", ""}, {"hang", ""}, {"slow", ""}};
  return rows;
}

TEST(SelectRowsTest, NoNameIsEveryRow) {
  EXPECT_THAT(NamesOf(SelectRows(ThreeRows(), {})), ElementsAre("errors", "hang", "slow"));
}

TEST(SelectRowsTest, KeepsTheOrderOfTheTable) {
  EXPECT_THAT(NamesOf(SelectRows(ThreeRows(), {"slow", "errors", "slow"})),
              ElementsAre("errors", "slow"));
}

TEST(SelectRowsTest, RefusesANameThatIsNone) {
  const absl::Status status = SelectRows(ThreeRows(), {"hang", "hnag"}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("'hnag' is not known; allowed: errors, hang, slow"));
}

TEST(WorstOfTest, TakesTheLargestOfAllTrials) {
  std::vector<double> results = {2, 7, 3};

  const absl::StatusOr<double> worst = WorstOf(3, [&]() -> absl::StatusOr<double> {
    const double result = results.back();
    results.pop_back();
    return result;
  });

  EXPECT_EQ(worst.value_or(-1), 7);
  EXPECT_TRUE(results.empty());
}

TEST(WorstOfTest, EndsWithTheFirstError) {
  int trials = 0;

  const absl::StatusOr<double> worst = WorstOf(3, [&]() -> absl::StatusOr<double> {
    if (++trials == 2) return absl::InternalError("broken");
    return 1;
  });

  EXPECT_EQ(worst.status().message(), "broken");
  EXPECT_EQ(trials, 2);
}

}  // namespace
}  // namespace nines::bench
