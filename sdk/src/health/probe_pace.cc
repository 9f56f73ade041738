// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/probe_pace.h"

#include <utility>

namespace nines {

bool ProbePace::TakeBeat(const CallsSeen& calls) {
  const CallsSeen before = std::exchange(seen_, calls);
  const uint32_t failures = calls.failures - before.failures;
  const bool has_answered = static_cast<int32_t>(calls.answers - before.answers) > 0;
  has_failing_calls_ = calls.is_in_use && calls.is_failing && failures != 0;
  const bool is_proven = calls.is_in_use && !calls.is_failing && failures == 0 && has_answered &&
                         is_last_good_ && !is_undecided_;
  if (is_proven && passed_ + 1 < kProvenBeats) {
    ++passed_;
    return false;
  }
  passed_ = 0;
  return true;
}

void ProbePace::OnResult(const absl::Status& result, const HealthCheckConfig& config) {
  if (absl::IsResourceExhausted(result)) return;  // our own want, not the endpoint's
  // That an endpoint cannot be asked need not be asked often.
  const bool is_unknown = absl::IsUnimplemented(result);
  const bool is_good = result.ok() || is_unknown;
  run_ = is_good == is_last_good_ ? run_ + 1 : 1;
  is_last_good_ = is_good;
  const uint32_t threshold = is_good ? config.healthy_threshold : config.unhealthy_threshold;
  if (is_unknown || run_ >= threshold) is_held_good_ = is_good;
  is_undecided_ = is_good != is_held_good_;
}

}  // namespace nines
