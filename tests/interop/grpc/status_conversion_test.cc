// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "status_conversion.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

TEST(OutcomeOfAttemptTest, BlamesTheEndpointForAnAttemptThatTimedOut) {
  const Outcome outcome = OutcomeOfAttempt(
      absl::CancelledError("retry perAttemptRecvTimeout exceeded"), absl::Milliseconds(200));

  EXPECT_EQ(ClassOf(outcome), OutcomeClass::kServerFault);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(outcome.latency, absl::Milliseconds(200));
}

TEST(OutcomeOfAttemptTest, DoesNotBlameTheEndpointForACallersCancel) {
  const Outcome outcome =
      OutcomeOfAttempt(absl::CancelledError("Cancelled on client side"), absl::Milliseconds(1));

  EXPECT_EQ(ClassOf(outcome), OutcomeClass::kNeutral);
}

TEST(OutcomeOfAttemptTest, ClassifiesOtherCodesAsTheyAre) {
  EXPECT_EQ(ClassOf(OutcomeOfAttempt(absl::OkStatus(), absl::ZeroDuration())),
            OutcomeClass::kSuccess);
  EXPECT_EQ(ClassOf(OutcomeOfAttempt(absl::UnavailableError(""), absl::ZeroDuration())),
            OutcomeClass::kServerFault);
  EXPECT_EQ(ClassOf(OutcomeOfAttempt(absl::NotFoundError(""), absl::ZeroDuration())),
            OutcomeClass::kNeutral);
}

}  // namespace
}  // namespace nines
