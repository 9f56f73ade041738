// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "systems.h"

namespace nines::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Results MakeResults() {
  SystemResults hash;
  hash.name = kHash;
  hash.title = "nines hash";
  hash.origin = Origin::kNines;
  hash.pick_ns = {{10, {10, 9, 11}}, {1'000, {12, 12, 12}}};
  hash.pick_and_drop_ns = {{1'000, {18, 18, 18}}};
  hash.speed_up = Figure{1.96, 1.9, 2};
  hash.heap_bytes = 3 << 20;
  SystemResults ring;
  ring.name = kBufferedRing;
  ring.title = "doubly-buffered ring";
  ring.pick_ns = {{10, {40, 40, 40}}, {1'000, {150, 150, 150}}};
  Results results;
  results.rounds = 21;
  results.machine = "a \"machine\"";
  results.systems = {hash, ring};
  results.notes = {"nines roundRobin is left out: no such policy"};
  return results;
}

TEST(PickReportTest, ShowsEachSystemWithItsRatioToHash) {
  const std::string text = ToText(MakeResults());

  EXPECT_THAT(text, HasSubstr("medians of 21 rounds; a \"machine\"\n"));
  EXPECT_THAT(text, HasSubstr("nines hash                        10.0    12.0       -       -  10"
                              "    1.00       -    18.0       -       -  1.96        -        -"
                              "    3.00\n"));
  EXPECT_THAT(text, HasSubstr("doubly-buffered ring              40.0   150.0       -       -   0"
                              "   12.50 "));
}

TEST(PickReportTest, SaysWhatWasLeftOut) {
  EXPECT_THAT(ToText(MakeResults()), HasSubstr("nines roundRobin is left out: no such policy\n"));
}

TEST(PickReportTest, SaysWhatAReportAloneCosts) {
  Results results = MakeResults();
  results.systems[0].report_ns = {{10, {5, 5, 5}}, {1'000, {6.1, 6, 7}}};

  EXPECT_THAT(ToText(results), HasSubstr("report alone, ns, n = 1,000: nines hash 6.10\n"));
}

TEST(PickReportTest, SaysOfEachGoalWhetherItWasMet) {
  Results results = MakeResults();
  results.systems[0].speed_up = Figure{1.5, 1.5, 1.5};

  const std::string text = ToText(results);

  EXPECT_FALSE(MeetsGoals(results));
  EXPECT_THAT(text, HasSubstr("met     hash pick, worst of n = 10 … 10,000: 12.0 ns (goal: <= 20 "
                              "ns)\n"));
  EXPECT_THAT(text, HasSubstr("MISSED  nines hash, rate of two threads ÷ one, n = 1,000: 1.50 "
                              "(goal: >= 1.9)\n"));
}

TEST(PickReportTest, MeetsGoalsWhenNoneIsMissed) {
  EXPECT_TRUE(MeetsGoals(MakeResults()));
  EXPECT_THAT(ToText(MakeResults()), Not(HasSubstr("MISSED")));
}

TEST(PickReportTest, SaysTheSameToMachines) {
  const std::string json = ToJson(MakeResults());

  EXPECT_THAT(json, HasSubstr(R"({"rounds": 21, "machine": "a \"machine\"", "systems": [{"name": )"
                              R"("nines_hash", "title": "nines hash", "origin": "nines", )"
                              R"("pick_ns": {"10": {"median": 10, "low": 9, "high": 11}, "1000": )"
                              R"({"median": 12, "low": 12, "high": 12}}, )"));
  EXPECT_THAT(json, HasSubstr(R"("notes": ["nines roundRobin is left out: no such policy"])"));
  EXPECT_THAT(json, HasSubstr(R"({"title": "hash pick, worst of n = 10 … 10,000", "measured": 12, )"
                              R"("bound": "at_most", "limit": 20, "unit": "ns", "met": true})"));
  EXPECT_THAT(json, testing::EndsWith("\"goals_met\": true}\n"));
}

TEST(PickReportTest, LeavesOutOfTheJsonWhatWasNotMeasured) {
  const std::string json = ToJson(MakeResults());

  EXPECT_THAT(json, Not(HasSubstr("grpc_calls_per_second")));
  EXPECT_THAT(json, Not(HasSubstr("report_ns")));
}

}  // namespace
}  // namespace nines::bench
