// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>

#include "nines/retry.h"

namespace nines {

// gRFC A6 "retryThrottling": a failure takes a token, a success gives token_ratio back, and retries
// are made while more than half of the tokens are left. Inside gRPC, gRPC does this itself.
//
// Thread-safe; lock-free. While all is well nothing is written.
class RetryThrottle {
 public:
  explicit RetryThrottle(const RetryThrottling& config);

  void OnSuccess() { Change(ratio_); }
  // An attempt failed in a way that may be retried, or its server said not to retry.
  void OnFailure() { Change(-kToken); }

  bool AllowsRetry() const { return tokens_.load(std::memory_order_relaxed) > max_ / 2; }

 private:
  // Thousandths, as in gRPC: A6 gives the ratio three decimals.
  static constexpr int64_t kToken = 1000;

  void Change(int64_t by);

  const int64_t max_;
  const int64_t ratio_;
  std::atomic<int64_t> tokens_;  // [0, max_]
};

}  // namespace nines
