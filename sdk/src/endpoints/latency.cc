// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/latency.h"

namespace nines {
namespace {

// A deadline that counts as neutral was too short for an answer to be due.
bool IsGivenUp(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

bool IsAnswer(const Outcome& outcome) {
  if (outcome.latency <= absl::ZeroDuration()) return false;  // not measured
  if (outcome.status.ok()) return true;
  return ClassOf(outcome) == OutcomeClass::kNeutral && !IsGivenUp(outcome.status);
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
      if (IsGivenUp(outcome.status)) return AfterCancel(average, sample);
      break;
  }
  return sample > 0 ? AfterAnswer(average, sample) : average;  // not measured
}

}  // namespace nines
