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

/// gRFC A6 "hedgingPolicy", and when to hedge by what calls usually take. A value.
struct HedgingPolicy {
  uint32_t max_attempts = 2;  // with the first; [2, RetryPolicy::kMaxAttempts]
  /// Between two attempts, if the first has not ended. Zero: all at once (A6).
  absl::Duration hedging_delay = absl::ZeroDuration();
  /// Wait as long as this part of the method's recent calls take, (0, 1), and hedging_delay at
  /// least. While too few calls have ended to know, no attempt is made for slowness. Absent: wait
  /// for hedging_delay.
  std::optional<double> adaptive_quantile = std::nullopt;
  /// Failures after which the other attempts go on, and the next is made at once. Any other ends
  /// the call.
  std::vector<absl::StatusCode> non_fatal_codes = {};

  bool IsNonFatal(absl::StatusCode code) const;
};

/// gRFC A6 "retryThrottling": stops retries while too many attempts fail. A value.
struct RetryThrottling {
  uint32_t max_tokens = 10;
  double token_ratio = 0.1;  // what a success gives back of the one token that a failure takes
};

/// How many retries and hedges a client may add to its calls: {"retryBudget": {…}}. A value.
struct RetryBudgetConfig {
  uint32_t percent = 20;         // of the calls of the last `ttl`
  uint32_t min_per_second = 10;  // allowed in any case, on average over `ttl`
  absl::Duration ttl = absl::Seconds(10);
};

/// Attempts of a call without a RetryPolicy, whose failure proves it was never processed.
inline constexpr uint32_t kUnprocessedAttempts = 3;

/// The wait before retry number `retry` (1: the first), gRFC A6:
/// min(initial × multiplier^(retry-1), max) × uniform[0.8, 1.2); `unit` is uniform in [0, 1).
absl::Duration BackoffDelay(const RetryPolicy& policy, uint32_t retry, double unit);

/// Marks `status`, an error, as the failure of an attempt that the server certainly did not
/// process.
absl::Status MarkUnprocessed(absl::Status status);
bool IsUnprocessed(const absl::Status& status);

/// Says that the server asked not to be tried again before `delay` is over; a negative one: not at
/// all. What gRPC calls pushback, HTTP Retry-After. Such a failure counts as overload.
absl::Status WithPushback(absl::Status status, absl::Duration delay);
std::optional<absl::Duration> PushbackOf(const absl::Status& status);

}  // namespace nines
