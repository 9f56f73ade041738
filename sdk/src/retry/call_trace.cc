// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/call_trace.h"

namespace nines {

absl::string_view AttemptReasonName(AttemptReason reason) {
  switch (reason) {
    case AttemptReason::kFirst:
      return "first";
    case AttemptReason::kFailure:
      return "failure";
    case AttemptReason::kRepeat:
      return "repeat";
    case AttemptReason::kPushback:
      return "pushback";
    case AttemptReason::kHedge:
      return "hedge";
  }
  return "";
}

absl::string_view CallEndName(CallEnd end) {
  switch (end) {
    case CallEnd::kSucceeded:
      return "succeeded";
    case CallEnd::kNotRetryable:
      return "not retryable";
    case CallEnd::kAttemptsUsedUp:
      return "attempts used up";
    case CallEnd::kBudgetExhausted:
      return "retry budget exhausted";
    case CallEnd::kThrottled:
      return "retries throttled";
    case CallEnd::kPushback:
      return "the server said not to retry";
    case CallEnd::kDeadline:
      return "no time before the deadline";
    case CallEnd::kQueryOfDeath:
      return "the call fails wherever it goes";
    case CallEnd::kNoEndpoint:
      return "no other endpoint";
    case CallEnd::kCancelled:
      return "cancelled";
  }
  return "";
}

}  // namespace nines
