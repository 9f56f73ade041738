// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/outcome.h"
#include "nines/retry.h"

namespace nines {

// How an attempt that a client made ended, for its lease. A server that says when to come back is
// well and has too much to do.
inline Outcome MakeAttemptOutcome(absl::Status status, absl::Duration latency,
                                  absl::Duration time_allowed) {
  Outcome outcome = MakeOutcome(std::move(status), latency);
  outcome.time_allowed = time_allowed;
  if (!outcome.status.ok() && PushbackOf(outcome.status).has_value()) {
    outcome.outcome_class = OutcomeClass::kOverload;
  }
  return outcome;
}

}  // namespace nines
