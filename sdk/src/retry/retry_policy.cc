// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "nines/retry.h"

namespace nines {

bool RetryPolicy::IsRetryable(absl::StatusCode code) const {
  return std::find(retryable_codes.begin(), retryable_codes.end(), code) != retryable_codes.end();
}

bool HedgingPolicy::IsNonFatal(absl::StatusCode code) const {
  return std::find(non_fatal_codes.begin(), non_fatal_codes.end(), code) != non_fatal_codes.end();
}

absl::Duration BackoffDelay(const RetryPolicy& policy, uint32_t retry, double unit) {
  const double growth = std::pow(policy.backoff_multiplier, retry - 1.0);
  // Durations saturate at infinity, which min() then brings back to max_backoff.
  const absl::Duration delay = std::min(policy.initial_backoff * growth, policy.max_backoff);
  return delay * (0.8 + 0.4 * unit);
}

}  // namespace nines
