// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::HasSubstr;

Measurement MakeMeasurement(Contender contender, absl::Duration latency) {
  Measurement measurement{"hang", "SIGSTOP (hang)", contender, {}, {absl::Milliseconds(60)}};
  for (int i = 0; i < 1000; ++i) measurement.tally.Add(::grpc::Status::OK, latency);
  return measurement;
}

TEST(ReportTest, MeetsGoalsWhenNothingFailsInTime) {
  const Report report{{MakeMeasurement(Contender::kNines, absl::Milliseconds(59))}, {}};

  EXPECT_TRUE(report.MeetsGoals());
  EXPECT_THAT(report.ToText(), HasSubstr("0 failed, p99 <= 60 ms: met"));
}

TEST(ReportTest, OneFailedCallMissesTheGoal) {
  Measurement measurement = MakeMeasurement(Contender::kNines, absl::Milliseconds(1));
  measurement.tally.Add(::grpc::Status(::grpc::UNAVAILABLE, "gone"), absl::Milliseconds(1));
  const Report report{{measurement}, {}};

  EXPECT_FALSE(report.MeetsGoals());
  EXPECT_THAT(report.ToText(), HasSubstr("MISSED\n    last error: UNAVAILABLE: gone"));
}

TEST(ReportTest, ASlowTailMissesTheGoal) {
  EXPECT_FALSE(
      (Report{{MakeMeasurement(Contender::kNines, absl::Milliseconds(61))}, {}}).MeetsGoals());
}

TEST(ReportTest, StockHasNoGoals) {
  EXPECT_TRUE((Report{{MakeMeasurement(Contender::kStock, absl::Seconds(1))}, {}}).MeetsGoals());
}

TEST(ReportTest, ThroughputHasAGoalToo) {
  EXPECT_TRUE((Report{{}, {{"nines", 9700, {0.97, 0.96, 0.98}, 0.97}}}).MeetsGoals());
  EXPECT_FALSE((Report{{}, {{"nines", 9600, {0.96, 0.95, 0.97}, 0.97}}}).MeetsGoals());
  EXPECT_TRUE((Report{{}, {{"stock, again", 9600, {0.96, 0.95, 0.97}}}}).MeetsGoals());
}

TEST(ReportTest, AFigureBeyondItsLimitMissesTheGoal) {
  const Figure figure = {"all_failing", "attempts per call", Contender::kNines, 1.2, 1.2};
  Figure beyond = figure;
  beyond.value = 1.21;
  Figure stocks = beyond;
  stocks.contender = Contender::kStock;

  EXPECT_TRUE((Report{{}, {}, {figure, stocks}}).MeetsGoals());
  EXPECT_FALSE((Report{{}, {}, {beyond}}).MeetsGoals());
  EXPECT_THAT(
      (Report{{}, {}, {beyond}}).ToText(),
      HasSubstr("attempts per call                          nines       1.210  <= 1.2: MISSED"));
  EXPECT_THAT((Report{{}, {}, {figure}}).ToJson(),
              HasSubstr(R"("value": 1.2000, "goals_met": true)"));
}

TEST(ReportTest, SaysTheSameToMachines) {
  const Report report{{MakeMeasurement(Contender::kNines, absl::Microseconds(100))},
                      {{"nines", 9800, {0.98, 0.97, 0.99}, 0.97}}};

  EXPECT_EQ(report.ToJson(),
            R"({"scenarios": [{"scenario": "hang", "client": "nines", "calls": 1000, "failed": 0, )"
            R"("p50_ms": 0.100, "p99_ms": 0.100, "p999_ms": 0.100, "goals_met": true}], )"
            R"("throughput": [{"client": "nines", "calls_per_second": 9800.0, "ratio": 0.9800, )"
            R"("ratio_low": 0.9700, "ratio_high": 0.9900, "goals_met": true}], "goals_met": true})"
            "\n");
}

}  // namespace
}  // namespace nines::bench
