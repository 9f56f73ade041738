// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "goals.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "systems.h"

namespace nines::bench {
namespace {

using ::testing::IsEmpty;

Figure Exactly(double value) { return {value, value, value}; }

SystemResults MakeSystem(const char* name, FigureBySize pick_ns) {
  SystemResults system;
  system.name = name;
  system.title = name;
  system.origin = Origin::kNines;
  system.pick_ns = std::move(pick_ns);
  return system;
}

// The goal whose title begins so; one that fails the test if there is none.
Goal FindGoal(const Results& results, const std::string& title) {
  for (const Goal& goal : JudgeGoals(results)) {
    if (goal.title.rfind(title, 0) == 0) return goal;
  }
  ADD_FAILURE() << "no goal begins with " << title;
  return {};
}

TEST(GoalsTest, WhatWasNotMeasuredIsNotJudged) { EXPECT_THAT(JudgeGoals(Results()), IsEmpty()); }

TEST(GoalsTest, AGoalIsMetUpToItsLimit) {
  EXPECT_TRUE((Goal{"", 20, Goal::Bound::kAtMost, 20, ""}).is_met());
  EXPECT_FALSE((Goal{"", 20.1, Goal::Bound::kAtMost, 20, ""}).is_met());
  EXPECT_TRUE((Goal{"", 1.9, Goal::Bound::kAtLeast, 1.9, ""}).is_met());
  EXPECT_FALSE((Goal{"", 1.89, Goal::Bound::kAtLeast, 1.9, ""}).is_met());
}

TEST(GoalsTest, HashIsJudgedByItsWorstUsualSize) {
  Results results;
  results.systems = {
      MakeSystem(kHash, {{10, Exactly(15)}, {10'000, Exactly(19)}, {100'000, Exactly(99)}})};

  const Goal goal = FindGoal(results, "hash pick, worst");

  EXPECT_EQ(goal.measured, 19);
  EXPECT_TRUE(goal.is_met());
}

TEST(GoalsTest, HashIsComparedWithEachSizeOfTheTableThatIsRebuilt) {
  Results results;
  results.systems = {MakeSystem(kHash, {{10, Exactly(10)}, {1'000, Exactly(12)}}),
                     MakeSystem(kSharedMaglev, {{10, Exactly(20)}, {1'000, Exactly(10)}})};

  EXPECT_EQ(FindGoal(results, "hash pick ÷ ").measured, 1.2);
}

TEST(GoalsTest, TheDoublyBufferedRingMustBeFiveAndTwentyTimesSlower) {
  Results results;
  results.systems = {MakeSystem(kHash, {{1'000, Exactly(10)}, {10'000, Exactly(10)}}),
                     MakeSystem(kBufferedRing, {{1'000, Exactly(60)}, {10'000, Exactly(150)}})};

  EXPECT_TRUE(FindGoal(results, "buffered_ring ÷ hash pick, n = 1,000").is_met());
  EXPECT_FALSE(FindGoal(results, "buffered_ring ÷ hash pick, n = 10,000").is_met());
}

TEST(GoalsTest, GrowthAndThreadsAreJudgedOfEveryPolicyOfNines) {
  Results results;
  results.systems = {MakeSystem(kRoundRobin, {{1'000, Exactly(10)}, {100'000, Exactly(25)}})};
  results.systems[0].speed_up = Exactly(1.95);

  EXPECT_FALSE(FindGoal(results, "nines_round_robin pick, n = 100,000").is_met());
  EXPECT_TRUE(FindGoal(results, "nines_round_robin, rate of two threads").is_met());
}

TEST(GoalsTest, BaselinesHaveNoGoals) {
  Results results;
  results.systems = {MakeSystem("locked_pick", {{1'000, Exactly(10)}, {100'000, Exactly(99)}})};
  results.systems[0].origin = Origin::kBaseline;
  results.systems[0].speed_up = Exactly(0.5);

  EXPECT_THAT(JudgeGoals(results), IsEmpty());
}

TEST(GoalsTest, AChangeMayNotAllocate) {
  Results results;
  results.ejections = EjectionResults{{Exactly(999), 0}, {Exactly(999), 0.01}};

  EXPECT_TRUE(FindGoal(results, "a failed call ejects its endpoint, n = 10,000").is_met());
  EXPECT_TRUE(
      FindGoal(results, "a failed call ejects its endpoint, n = 10,000, allocations").is_met());
  EXPECT_FALSE(
      FindGoal(results, "a trial call readmits its endpoint, n = 10,000, allocations").is_met());
}

TEST(GoalsTest, MemoryTailAndCallsAreJudged) {
  Results results;
  results.memory = MemoryResults{64, 500, 4.5, 0};
  results.tail = TailResults{Exactly(100), Exactly(190), Exactly(1.9)};
  results.grpc = GrpcResults{10'000, 9'700, 0.97, 0.96, 0.98};

  EXPECT_TRUE(FindGoal(results, "an endpoint's state").is_met());
  EXPECT_FALSE(FindGoal(results, "heap per slot").is_met());
  EXPECT_TRUE(FindGoal(results, "p99.99").is_met());
  EXPECT_FALSE(FindGoal(results, "in gRPC").is_met());
}

}  // namespace
}  // namespace nines::bench
