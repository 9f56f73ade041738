// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

/// Why an attempt was made, when and where it was.
enum class AttemptReason {
  kFirst,
  kFailure,   // the one before failed: elsewhere, at once
  kRepeat,    // the same, and nobody untried was left: an endpoint again, after a backoff
  kPushback,  // the same, and the server had said when
  kHedge,     // the others took long
};

/// Why a call made no further attempt.
enum class CallEnd {
  kSucceeded,
  kNotRetryable,     // the failure is one that may not be retried
  kAttemptsUsedUp,   // maxAttempts
  kBudgetExhausted,  // retryBudget
  kThrottled,        // retryThrottling
  kPushback,         // the server said not to
  kDeadline,         // the next one could not have ended in time
  kQueryOfDeath,     // the call fails wherever it goes
  kNoEndpoint,       // nobody could take it
  kCancelled,        // by the caller
};

/// In lower case, as it stands in a sentence: "attempts used up", "budget exhausted", …
absl::string_view AttemptReasonName(AttemptReason reason);
absl::string_view CallEndName(CallEnd end);

/// One attempt of a call, after it ended. A value.
struct AttemptTrace {
  std::string address;
  AttemptReason reason = AttemptReason::kFirst;
  absl::Duration start;  // since the call began
  absl::Duration duration;
  absl::Status status;  // Cancelled for one that lost to another
};

/// What became of a call, for who asks by Call::trace. A value.
struct CallTrace {
  std::vector<AttemptTrace> attempts;  // in the order of their ends
  CallEnd end = CallEnd::kSucceeded;
};

}  // namespace nines
