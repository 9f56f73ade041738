// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retry_throttle.h"

#include <algorithm>
#include <cmath>

namespace nines {

RetryThrottle::RetryThrottle(const RetryThrottling& config)
    : max_(config.max_tokens * kToken),
      ratio_(std::llround(config.token_ratio * kToken)),
      tokens_(max_) {}

void RetryThrottle::Change(int64_t by) {
  int64_t before = tokens_.load(std::memory_order_relaxed);
  int64_t after = 0;
  do {
    after = std::clamp(before + by, int64_t{0}, max_);
    if (after == before) return;
  } while (!tokens_.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

}  // namespace nines
