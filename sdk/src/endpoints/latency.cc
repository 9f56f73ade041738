// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/latency.h"

#include "absl/time/time.h"

namespace nines {

float LatencyAfter(float average, const Outcome& outcome) {
  const float sample = static_cast<float>(absl::ToInt64Nanoseconds(outcome.latency));
  switch (outcome.outcome_class) {
    case OutcomeClass::kServerFault:
    case OutcomeClass::kOverload:
      return AfterFault(average, sample);
    case OutcomeClass::kSuccess:
      break;
    case OutcomeClass::kNeutral:
      if (absl::IsCancelled(outcome.status)) return AfterCancel(average, sample);
      break;
  }
  return sample > 0 ? AfterAnswer(average, sample) : average;  // not measured
}

}  // namespace nines
