// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/outcome_judge.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

constexpr float kMillisecond = 1e6f;
constexpr float kUnknown = 0;

Outcome TimedOutAfter(absl::Duration allowed) {
  Outcome outcome = MakeOutcome(absl::DeadlineExceededError("too late"), allowed);
  outcome.time_allowed = allowed;
  return outcome;
}

TEST(OutcomeJudgeTest, FollowsTheClassesOfTheConfig) {
  OutcomeJudge judge;
  const Outcome aborted = MakeOutcome(absl::AbortedError("conflict"));
  EXPECT_EQ(judge.Judge(aborted, kUnknown), OutcomeClass::kNeutral);

  StatusClasses classes;
  classes.Set(absl::StatusCode::kAborted, OutcomeClass::kServerFault);
  judge.SetClasses(classes);

  EXPECT_EQ(judge.Judge(aborted, kUnknown), OutcomeClass::kServerFault);
}

TEST(OutcomeJudgeTest, DeadlineThatNobodyMeetsIsTheCallers) {
  OutcomeJudge judge;
  judge.SetTypicalLatency(20 * kMillisecond);

  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(1)), 20 * kMillisecond),
            OutcomeClass::kNeutral);
  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(39)), 20 * kMillisecond),
            OutcomeClass::kNeutral);
  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(41)), 20 * kMillisecond),
            OutcomeClass::kServerFault);
}

TEST(OutcomeJudgeTest, EndpointThatIsSlowerThanItsPeersIsNotExcused) {
  OutcomeJudge judge;
  judge.SetTypicalLatency(2 * kMillisecond);

  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(10)), 50 * kMillisecond),
            OutcomeClass::kServerFault);
}

TEST(OutcomeJudgeTest, EndpointThatIsFasterThanItsPeersIsJudgedByItself) {
  OutcomeJudge judge;
  judge.SetTypicalLatency(50 * kMillisecond);

  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(10)), kMillisecond),
            OutcomeClass::kServerFault);
}

TEST(OutcomeJudgeTest, OneOfTheTwoLatenciesIsEnough) {
  OutcomeJudge judge;
  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(1)), 20 * kMillisecond),
            OutcomeClass::kNeutral);

  judge.SetTypicalLatency(20 * kMillisecond);

  EXPECT_EQ(judge.Judge(TimedOutAfter(absl::Milliseconds(1)), kUnknown), OutcomeClass::kNeutral);
}

TEST(OutcomeJudgeTest, WhileNothingIsKnownADeadlineIsADeadline) {
  EXPECT_EQ(OutcomeJudge().Judge(TimedOutAfter(absl::Milliseconds(1)), kUnknown),
            OutcomeClass::kServerFault);
}

// A server that says so at once has not used the time.
TEST(OutcomeJudgeTest, TimeAllowedCountsAndNotTimeTaken) {
  OutcomeJudge judge;
  judge.SetTypicalLatency(20 * kMillisecond);
  Outcome quick = TimedOutAfter(absl::Seconds(1));
  quick.latency = absl::Microseconds(100);

  EXPECT_EQ(judge.Judge(quick, 20 * kMillisecond), OutcomeClass::kServerFault);
}

TEST(OutcomeJudgeTest, OtherFailuresHaveNoExcuse) {
  OutcomeJudge judge;
  judge.SetTypicalLatency(20 * kMillisecond);
  Outcome down = TimedOutAfter(absl::Milliseconds(1));
  down.status = absl::UnavailableError("down");

  EXPECT_EQ(judge.Judge(down, 20 * kMillisecond), OutcomeClass::kServerFault);
}

}  // namespace
}  // namespace nines
