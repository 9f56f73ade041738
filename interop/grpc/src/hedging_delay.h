// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace nines {

// How long to wait before a call is hedged: so long that a given share of calls ends before.
//
// Frugal streaming (Ma, Muthukrishnan, Sandler: "Frugal Streaming for Estimating Quantiles", 2013),
// with steps that are a part of the estimate: a call that takes longer moves it up by quantile ×
// step, any other down by (1 - quantile) × step, so that it stands still where the share is right.
// What it needs to know of a call is which side it was on, and a call that was hedged, whose first
// attempt has no end to measure, was above. So it steers the share of hedged calls itself. O(1),
// one word. Not taken: a histogram, which would need the ends of the attempts that were cancelled.
//
// Thread-safe; lock-free. Of two updates at once one may be lost.
class HedgingDelay {
 public:
  // `quantile`: absent: always `least`.
  HedgingDelay(absl::Duration least, std::optional<double> quantile)
      : least_(least), quantile_(quantile) {}

  // Infinite until enough calls have ended to know.
  absl::Duration Get() const;

  // A first attempt ended after `latency` and before it was hedged.
  void OnEnded(absl::Duration latency);
  // One took longer than the delay.
  void OnHedged();

 private:
  // Ups and downs of the estimate between calls: half of this, on average, for a median.
  static constexpr double kStep = 0.05;
  // Calls before there is an estimate: their slowest, from which it comes down.
  static constexpr uint32_t kEnough = 50;

  void Move(double by);

  const absl::Duration least_;
  const std::optional<double> quantile_;
  std::atomic<uint32_t> ended_{0};  // up to kEnough
  std::atomic<double> nanoseconds_{0};
};

}  // namespace nines
