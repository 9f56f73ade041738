// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/outcome_judge.h"

#include <algorithm>

namespace nines {
namespace {

// The shorter one of those that are known (not 0).
float ShorterKnown(float a, float b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

OutcomeClass OutcomeJudge::Judge(const Outcome& outcome, float typical_latency) const {
  const OutcomeClass by_code = classes_.load(std::memory_order_relaxed).Of(outcome.status.code());
  if (by_code != OutcomeClass::kServerFault || !absl::IsDeadlineExceeded(outcome.status)) {
    return by_code;
  }
  const float typical = ShorterKnown(typical_latency, median_.load(std::memory_order_relaxed));
  const bool is_short = outcome.time_allowed < absl::Nanoseconds(kShortDeadline * typical);
  return is_short ? OutcomeClass::kNeutral : by_code;
}

}  // namespace nines
