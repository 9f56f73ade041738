// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "status_conversion.h"

#include "absl/strings/match.h"

namespace nines {

Outcome OutcomeOfAttempt(const absl::Status& status, absl::Duration latency) {
  // The words are those of gRPC 1.51's retry filter; nothing else tells the two apart.
  if (status.code() == absl::StatusCode::kCancelled &&
      absl::StrContains(status.message(), "perAttemptRecvTimeout")) {
    return MakeOutcome(
        absl::DeadlineExceededError("no answer within the method's perAttemptRecvTimeout"),
        latency);
  }
  return MakeOutcome(status, latency);
}

}  // namespace nines
