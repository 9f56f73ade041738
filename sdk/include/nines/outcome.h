// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines {

/// Whose fault the end of an attempt is. Only kServerFault counts against an endpoint.
enum class OutcomeClass {
  kSuccess,
  kServerFault,  // the endpoint failed, or did not answer in time
  kOverload,     // the endpoint is well but has too much to do
  kNeutral,      // the caller's doing (its arguments, its cancel): says nothing of the endpoint
};

/// How one attempt ended. A value.
struct Outcome {
  absl::Status status;
  OutcomeClass outcome_class = OutcomeClass::kSuccess;
  /// From pick to end; zero if it was not measured.
  absl::Duration latency = absl::ZeroDuration();
};

/// The class of a status code as long as nothing more is known of the attempt: UNAVAILABLE,
/// DEADLINE_EXCEEDED, INTERNAL, UNKNOWN and DATA_LOSS are the server's fault, RESOURCE_EXHAUSTED is
/// overload, every other error is neutral (a bad client must not eject good servers).
OutcomeClass ClassifyStatus(absl::StatusCode code);

/// An outcome classified by ClassifyStatus.
Outcome MakeOutcome(absl::Status status, absl::Duration latency = absl::ZeroDuration());

}  // namespace nines
