// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/latency.h"

namespace nines {

bool IsGivenUp(const Outcome& outcome) {
  return ClassOf(outcome) == OutcomeClass::kNeutral &&
         (absl::IsCancelled(outcome.status) || absl::IsDeadlineExceeded(outcome.status));
}

bool IsAnswer(const Outcome& outcome) {
  if (outcome.latency <= absl::ZeroDuration()) return false;  // not measured
  if (outcome.status.ok()) return true;
  return ClassOf(outcome) == OutcomeClass::kNeutral && !IsGivenUp(outcome);
}

float LatencyAfter(float average, const Outcome& outcome, float typical) {
  const float sample = NanosecondsOf(outcome.latency);
  switch (ClassOf(outcome)) {
    case OutcomeClass::kServerFault:
    case OutcomeClass::kOverload:
      return AfterFault(average, sample, typical);
    case OutcomeClass::kSuccess:
      break;
    case OutcomeClass::kNeutral:
      if (IsGivenUp(outcome)) return AfterCancel(average, sample);
      break;
  }
  return sample > 0 ? AfterAnswer(average, sample) : average;  // not measured
}

}  // namespace nines
