// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "hedging_delay.h"

#include <algorithm>

namespace nines {

absl::Duration HedgingDelay::Get() const {
  if (!quantile_.has_value()) return least_;
  if (ended_.load(std::memory_order_relaxed) < kEnough) return absl::InfiniteDuration();
  return std::max(least_, absl::Nanoseconds(nanoseconds_.load(std::memory_order_relaxed)));
}

void HedgingDelay::OnEnded(absl::Duration latency) {
  if (!quantile_.has_value()) return;
  const double sample = absl::ToDoubleNanoseconds(latency);
  const double estimate = nanoseconds_.load(std::memory_order_relaxed);
  if (ended_.load(std::memory_order_relaxed) < kEnough) {
    nanoseconds_.store(std::max(estimate, sample), std::memory_order_relaxed);
    ended_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Move(sample > estimate ? *quantile_ : *quantile_ - 1);
}

void HedgingDelay::OnHedged() {
  if (quantile_.has_value()) Move(*quantile_);
}

void HedgingDelay::Move(double by) {
  const double estimate = nanoseconds_.load(std::memory_order_relaxed);
  nanoseconds_.store(estimate * (1 + kStep * by), std::memory_order_relaxed);
}

}  // namespace nines
