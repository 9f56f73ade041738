// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/call_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/retry.h"

namespace nines {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
const absl::Status kDown = absl::UnavailableError("down");

void AddFailure(CallLog& log, const std::string& address, AttemptReason reason) {
  log.Add({address, reason, kStart, kStart + absl::Milliseconds(2)}, kDown);
}

TEST(CallLogTest, LeavesASingleFailureThatMayNotBeRetriedAsItIs) {
  CallLog log(nullptr, kStart);
  AddFailure(log, "a", AttemptReason::kFirst);

  EXPECT_EQ(log.End(kDown, CallEnd::kNotRetryable), kDown);
}

TEST(CallLogTest, LeavesAFailureWithoutAttemptsAsItIs) {
  CallLog log(nullptr, kStart);

  EXPECT_EQ(log.End(kDown, CallEnd::kNoEndpoint), kDown);
}

TEST(CallLogTest, SaysWhatWasTriedAndWhyNoMore) {
  CallLog log(nullptr, kStart);
  AddFailure(log, "a", AttemptReason::kFirst);
  AddFailure(log, "b", AttemptReason::kFailure);

  EXPECT_EQ(log.End(kDown, CallEnd::kAttemptsUsedUp),
            absl::UnavailableError("down (attempts used up; tried a: UNAVAILABLE: down after 2ms, "
                                   "b: UNAVAILABLE: down after 2ms)"));
}

TEST(CallLogTest, KeepsPayloads) {
  CallLog log(nullptr, kStart);
  AddFailure(log, "a", AttemptReason::kFirst);

  EXPECT_TRUE(IsUnprocessed(log.End(MarkUnprocessed(kDown), CallEnd::kBudgetExhausted)));
}

TEST(CallLogTest, FillsTheTraceOfWhoAsks) {
  CallTrace trace;
  trace.attempts.resize(7);
  CallLog log(&trace, kStart);
  EXPECT_THAT(trace.attempts, IsEmpty());

  log.Add(
      {"a", AttemptReason::kHedge, kStart + absl::Milliseconds(1), kStart + absl::Milliseconds(3)},
      absl::OkStatus());
  EXPECT_EQ(log.End(absl::OkStatus(), CallEnd::kSucceeded), absl::OkStatus());

  ASSERT_THAT(trace.attempts, SizeIs(1));
  EXPECT_EQ(trace.attempts[0].address, "a");
  EXPECT_EQ(trace.attempts[0].reason, AttemptReason::kHedge);
  EXPECT_EQ(trace.attempts[0].start, absl::Milliseconds(1));
  EXPECT_EQ(trace.attempts[0].duration, absl::Milliseconds(2));
  EXPECT_EQ(trace.attempts[0].status, absl::OkStatus());
  EXPECT_EQ(trace.end, CallEnd::kSucceeded);
}

TEST(AttemptMarksTest, PushbackIsReadBack) {
  EXPECT_EQ(PushbackOf(WithPushback(kDown, absl::Milliseconds(5))), absl::Milliseconds(5));
  EXPECT_EQ(PushbackOf(WithPushback(kDown, absl::Seconds(-1))), absl::Seconds(-1));
  EXPECT_FALSE(PushbackOf(kDown).has_value());
}

}  // namespace
}  // namespace nines
