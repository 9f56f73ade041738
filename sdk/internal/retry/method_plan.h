// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/config.h"
#include "retry/latency_quantile.h"

namespace nines {

// What the calls of one entry of methodConfig may do: its retryPolicy or hedgingPolicy, or what
// holds without either, in one shape. Const after it was made but for what it learns.
// Thread-safe.
class MethodPlan {
 public:
  // Calls without an entry: only attempts that the server did not process are retried.
  MethodPlan() = default;
  // Goes on with what `before` has learned, if that is about the same. Null: with nothing.
  explicit MethodPlan(const MethodConfig& config, const MethodPlan* before = nullptr);

  uint32_t max_attempts() const { return max_attempts_; }
  // Whether a failure with this code may be followed by another attempt.
  bool IsRetryable(absl::StatusCode code) const {
    const auto bit = static_cast<uint32_t>(code);
    return bit < 32 && (retryable_codes_ >> bit & 1) != 0;
  }
  // gRFC A6's, of a method without retryPolicy its defaults.
  const RetryPolicy& backoff() const { return backoff_; }
  // Of one attempt; infinite without perAttemptRecvTimeout.
  absl::Duration attempt_timeout() const { return attempt_timeout_; }
  absl::Duration call_timeout() const { return call_timeout_; }
  bool waits_for_ready() const { return waits_for_ready_; }

  bool hedges() const { return hedging_.has_value(); }
  // After which a further attempt joins those under way; infinite: not for slowness. An adaptive
  // delay leaves the hedge half of the time that is left at least.
  absl::Duration HedgingDelay(absl::Duration time_left) const;
  // An attempt took `duration`, or was given up after it because another won.
  void OnLatency(absl::Duration duration);

 private:
  uint32_t max_attempts_ = kUnprocessedAttempts;
  uint32_t retryable_codes_ = 0;  // a bit for each code
  RetryPolicy backoff_;
  absl::Duration attempt_timeout_ = absl::InfiniteDuration();
  absl::Duration call_timeout_ = absl::InfiniteDuration();
  bool waits_for_ready_ = false;
  std::optional<HedgingPolicy> hedging_;
  std::shared_ptr<LatencyQuantile> latency_;  // null: no adaptiveDelay
};

// The plan of each entry of a config. Thread-safe; the plans live as long as this.
class MethodPlans {
 public:
  // `config` outlives this. Entries with the names of one of `before`, the plans of the config
  // before it, go on with what that has learned. Null: with nothing.
  explicit MethodPlans(const ServiceConfig& config, const MethodPlans* before = nullptr);

  // By the entry that ServiceConfig::FindMethod() finds.
  MethodPlan& Find(absl::string_view method);

 private:
  const MethodPlan* FindEntry(const std::vector<std::string>& names) const;

  const ServiceConfig& config_;
  MethodPlan default_;
  std::vector<std::unique_ptr<MethodPlan>> plans_;  // in the order of the entries
};

}  // namespace nines
