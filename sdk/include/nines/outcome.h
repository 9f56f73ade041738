// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines {

/// Whose fault the end of an attempt is. Only kServerFault counts against an endpoint.
enum class OutcomeClass : uint8_t {
  kSuccess,
  kServerFault,  // the endpoint failed, or did not answer in time
  kOverload,     // the endpoint is well but has too much to do: it gets fewer calls
  kNeutral,      // the caller's doing (its arguments, its cancel): says nothing of the endpoint
};

/// Which class each status code has: {"statusClasses": {…}}. A value of one word, so that a report
/// reads it whole while another thread configures anew.
class StatusClasses {
 public:
  /// UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN and DATA_LOSS are the server's fault,
  /// RESOURCE_EXHAUSTED is overload, every other error is neutral (a bad client must not eject good
  /// servers).
  StatusClasses();

  /// OK is always a success. A code that is no code of gRPC's counts as UNKNOWN.
  OutcomeClass Of(absl::StatusCode code) const;

  /// REQUIRES: an error code, and a class other than kSuccess.
  void Set(absl::StatusCode code, OutcomeClass outcome_class);

 private:
  uint64_t bits_ = 0;  // two for each code
};

/// How one attempt ended. A value.
struct Outcome {
  absl::Status status;
  /// Whose fault it is, if the caller knows better than the status says. Nothing: the balancer
  /// decides by the config's statusClasses; a DEADLINE_EXCEEDED is neutral if `time_allowed` was
  /// shorter than the endpoint usually takes.
  std::optional<OutcomeClass> outcome_class = std::nullopt;
  /// From pick to end; zero if it was not measured.
  absl::Duration latency = absl::ZeroDuration();
  /// From pick to the attempt's deadline.
  absl::Duration time_allowed = absl::InfiniteDuration();
  /// The caller has its answer from another endpoint (a hedge), and gave this attempt up.
  bool is_overtaken = false;
  /// How loaded the server said it was, in the unit of performanceCheck's targetUtilization. For
  /// others than gRPC's channels, which read it themselves. Nothing: it did not say.
  std::optional<double> load = std::nullopt;
};

/// An outcome whose class the balancer decides.
Outcome MakeOutcome(absl::Status status, absl::Duration latency = absl::ZeroDuration());

/// The class that `outcome` has, or else the default one of its status.
OutcomeClass ClassOf(const Outcome& outcome);

}  // namespace nines
