// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines {

/// gRFC A6 "retryPolicy". A value.
struct RetryPolicy {
  /// More is treated as this many (A6).
  static constexpr uint32_t kMaxAttempts = 5;

  uint32_t max_attempts = 2;  // with the first; [2, kMaxAttempts]
  absl::Duration initial_backoff = absl::Milliseconds(10);
  absl::Duration max_backoff = absl::Seconds(1);
  double backoff_multiplier = 2;
  std::vector<absl::StatusCode> retryable_codes;
  /// Without the beginning of an answer for this long an attempt is given up, and counts as a
  /// failure of its endpoint. Absent: no such limit.
  std::optional<absl::Duration> per_attempt_recv_timeout;

  bool IsRetryable(absl::StatusCode code) const;
};

/// Attempts of a call without a RetryPolicy, whose failure proves it was never processed.
inline constexpr uint32_t kUnprocessedAttempts = 3;

/// The wait before retry number `retry` (1: the first), gRFC A6:
/// min(initial × multiplier^(retry-1), max) × uniform[0.8, 1.2); `unit` is uniform in [0, 1).
absl::Duration BackoffDelay(const RetryPolicy& policy, uint32_t retry, double unit);

}  // namespace nines
