// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/call_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

TEST(AttemptReasonNameTest, NamesEachReason) {
  EXPECT_EQ(AttemptReasonName(AttemptReason::kFirst), "first");
  EXPECT_EQ(AttemptReasonName(AttemptReason::kFailure), "failure");
  EXPECT_EQ(AttemptReasonName(AttemptReason::kRepeat), "repeat");
  EXPECT_EQ(AttemptReasonName(AttemptReason::kPushback), "pushback");
  EXPECT_EQ(AttemptReasonName(AttemptReason::kHedge), "hedge");
}

TEST(AttemptReasonNameTest, HasNoneForANumberThatIsNoReason) {
  EXPECT_EQ(AttemptReasonName(static_cast<AttemptReason>(99)), "");
}

TEST(CallEndNameTest, NamesEachEnd) {
  EXPECT_EQ(CallEndName(CallEnd::kSucceeded), "succeeded");
  EXPECT_EQ(CallEndName(CallEnd::kNotRetryable), "not retryable");
  EXPECT_EQ(CallEndName(CallEnd::kAttemptsUsedUp), "attempts used up");
  EXPECT_EQ(CallEndName(CallEnd::kBudgetExhausted), "retry budget exhausted");
  EXPECT_EQ(CallEndName(CallEnd::kThrottled), "retries throttled");
  EXPECT_EQ(CallEndName(CallEnd::kPushback), "the server said not to retry");
  EXPECT_EQ(CallEndName(CallEnd::kDeadline), "no time before the deadline");
  EXPECT_EQ(CallEndName(CallEnd::kQueryOfDeath), "the call fails wherever it goes");
  EXPECT_EQ(CallEndName(CallEnd::kNoEndpoint), "no other endpoint");
  EXPECT_EQ(CallEndName(CallEnd::kCancelled), "cancelled");
}

TEST(CallEndNameTest, HasNoneForANumberThatIsNoEnd) {
  EXPECT_EQ(CallEndName(static_cast<CallEnd>(99)), "");
}

}  // namespace
}  // namespace nines
