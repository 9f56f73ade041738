// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding MakeFinding(double measured) {
  return {.title = "stops", .measured = measured, .limit = 150, .unit = "ms", .stock = 967};
}

Finding LeftOut() {
  Finding finding = MakeFinding(kNever);
  finding.left_out = "no \"rights\"";
  return finding;
}

Report ReportOf(const Finding& finding) { return {{{"hang", {finding}}}}; }

TEST(FindingTest, ALimitMayBeReachedUnlessItSaysBelow) {
  EXPECT_TRUE((Finding{.measured = 2, .limit = 2}).is_met());
  EXPECT_FALSE((Finding{.measured = 2.1, .limit = 2}).is_met());
  EXPECT_FALSE((Finding{.measured = 2, .bound = Finding::Bound::kBelow, .limit = 2}).is_met());
  EXPECT_TRUE((Finding{.measured = 1.9, .bound = Finding::Bound::kBelow, .limit = 2}).is_met());
  EXPECT_TRUE((Finding{.measured = 1, .bound = Finding::Bound::kAtLeast, .limit = 1}).is_met());
  EXPECT_FALSE((Finding{.measured = 0, .bound = Finding::Bound::kAtLeast, .limit = 1}).is_met());
}

TEST(FindingTest, WhatNeverHappenedIsNotMet) { EXPECT_FALSE(MakeFinding(kNever).is_met()); }

TEST(HealthReportTest, HasALineForEachFinding) {
  const std::string text = ReportOf(MakeFinding(58.91)).ToText();

  EXPECT_THAT(text, HasSubstr("hang"));
  EXPECT_THAT(text, HasSubstr("58.9 ms  <= 150 ms  met      967 ms\n"));
}

TEST(HealthReportTest, OneThatIsShortMissesTheGoals) {
  Report report = ReportOf(MakeFinding(100));
  EXPECT_TRUE(report.MeetsGoals());

  report.rows.push_back({"slow", {MakeFinding(100), MakeFinding(151)}});

  EXPECT_FALSE(report.MeetsGoals());
  EXPECT_THAT(report.ToText(), HasSubstr("151 ms  <= 150 ms  SHORT"));
}

TEST(HealthReportTest, SaysWhatNeverHappened) {
  Finding finding = MakeFinding(kNever);
  finding.stock = kNever;

  EXPECT_THAT(ReportOf(finding).ToText(), HasSubstr("never  <= 150 ms  SHORT    never\n"));
  EXPECT_THAT(ReportOf(finding).ToJson(), HasSubstr(R"("measured": null, "stock": null)"));
}

TEST(HealthReportTest, WhatIsLeftOutMissesNothingAndIsNotMet) {
  const Report report = ReportOf(LeftOut());

  EXPECT_TRUE(report.MeetsGoals());
  EXPECT_THAT(report.ToText(), HasSubstr("-  <= 150 ms  left out -\n"));
  EXPECT_THAT(report.ToText(), HasSubstr("hang is left out: no \"rights\"\n"));
  EXPECT_THAT(report.ToText(), Not(HasSubstr("met")));
}

TEST(HealthReportTest, SaysOnceWhyAWholeRowIsLeftOut) {
  const std::string text = Report{{{"hang", {LeftOut(), LeftOut()}}}}.ToText();

  EXPECT_EQ(text.find("is left out"), text.rfind("is left out"));
}

TEST(HealthReportTest, ExplainsFiguresBelowTheTable) {
  Finding finding = MakeFinding(200);
  finding.notes = {"a: stalled"};

  EXPECT_THAT(ReportOf(finding).ToText(), HasSubstr("967 ms\nhang: a: stalled\n"));
}

TEST(HealthReportTest, AFloorExcusesNothing) {
  Finding finding = MakeFinding(200);
  finding.floor = 190;

  EXPECT_FALSE(ReportOf(finding).MeetsGoals());
  EXPECT_THAT(ReportOf(finding).ToText(),
              HasSubstr("hang: stops: the floor in the same run is 190 ms\n"));
  EXPECT_THAT(ReportOf(finding).ToJson(), HasSubstr(R"("stock": 967, "floor": 190, "met": false)"));
}

TEST(HealthReportTest, SaysTheSameToMachines) {
  const Report report = {{{"hang", {MakeFinding(58.91), LeftOut()}}}};

  EXPECT_EQ(report.ToJson(),
            R"({"findings": [{"row": "hang", "title": "stops", "bound": "at_most", "limit": 150, )"
            R"("unit": "ms", "measured": 58.91, "stock": 967, "met": true}, )"
            R"({"row": "hang", "title": "stops", "bound": "at_most", "limit": 150, "unit": "ms", )"
            R"("left_out": "no \"rights\""}], "goals_met": true})"
            "\n");
}

}  // namespace
}  // namespace nines::bench
