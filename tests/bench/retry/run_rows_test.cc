// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "run_rows.h"

#include <string>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_DECLARE_FLAG(std::vector<std::string>, rows);
ABSL_DECLARE_FLAG(int, trials);
ABSL_DECLARE_FLAG(bool, json);

namespace nines::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Findings = absl::StatusOr<std::vector<Finding>>;

Findings Reached(const RowOptions& options) {
  return Findings({{.title = "trials", .measured = 1.0 * options.trials, .limit = 9}});
}
Findings Missed(const RowOptions& /*options*/) {
  return Findings({{.title = "late", .measured = 214, .limit = 0, .floor = 214}});
}
Findings Broken(const RowOptions& /*options*/) { return absl::UnavailableError("no client"); }

class RunRowsTest : public ::testing::Test {
 protected:
  struct Ran {
    int exit_status;
    std::string out;
    std::string err;
  };

  static Ran Run(const std::vector<Row>& rows) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_status = RunRows(rows, absl::OkStatus());
    return {exit_status, ::testing::internal::GetCapturedStdout(),
            ::testing::internal::GetCapturedStderr()};
  }

  const absl::FlagSaver flags_;
  const Row reached_{"one", "the first", Reached};
  const Row missed_{"two", "the second", Missed};
  const Row broken_{"three", "the third", Broken};
};

TEST_F(RunRowsTest, EndsWellIfEveryGoalIsReached) {
  const Ran ran = Run({reached_});

  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_THAT(ran.out, HasSubstr("<= 9       met"));
  EXPECT_THAT(ran.err, HasSubstr("measuring: the first\n"));
}

TEST_F(RunRowsTest, SaysByItsExitStatusThatAGoalWasMissed) {
  const Ran ran = Run({reached_, missed_});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("<= 0       SHORT"));
}

TEST_F(RunRowsTest, TellsTheFloorBesideWhatWasMissed) {
  EXPECT_THAT(Run({missed_}).out, HasSubstr("two: late: the floor in the same run is 214\n"));
}

TEST_F(RunRowsTest, PrintsWhatCameBeforeAnError) {
  const Ran ran = Run({reached_, broken_});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.out, HasSubstr("met"));
  EXPECT_THAT(ran.err, HasSubstr("no client"));
}

TEST_F(RunRowsTest, MeasuresOnlyTheRowsThatAreNamed) {
  absl::SetFlag(&FLAGS_rows, {"one"});

  const Ran ran = Run({reached_, missed_});

  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_THAT(ran.out, Not(HasSubstr("late")));
}

TEST_F(RunRowsTest, RefusesNoTrialAtAll) {
  absl::SetFlag(&FLAGS_trials, 0);

  const Ran ran = Run({reached_});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, HasSubstr("--trials must be at least 1"));
}

TEST_F(RunRowsTest, SaysTheSameToMachines) {
  absl::SetFlag(&FLAGS_json, true);
  absl::SetFlag(&FLAGS_trials, 2);

  EXPECT_EQ(Run({reached_, missed_}).out,
            R"({"findings": [{"row": "one", "title": "trials", "bound": "at_most", "limit": 9, )"
            R"("unit": "", "measured": 2, "stock": null, "met": true}, )"
            R"({"row": "two", "title": "late", "bound": "at_most", "limit": 0, "unit": "", )"
            R"("measured": 214, "stock": null, "floor": 214, "met": false}], )"
            R"("goals_met": false})"
            "\n");
}

}  // namespace
}  // namespace nines::bench
