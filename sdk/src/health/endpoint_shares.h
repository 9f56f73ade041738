// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "nines/config.h"
#include "nines/observer.h"

namespace nines {

// The share of its calls that each endpoint takes: the product of all reasons for less, which are
// its slow start, its overload (overload_control.h), and how loaded and how slow it is
// (performance_share.h). A share is one number that picks read; no table is built for it.
//
// Thread-compatible; the balancer's lock guards it. O(1).
class EndpointShares {
 public:
  void Configure(const BalancerConfig& config) {
    slow_start_ = config.slow_start;
    performance_check_ = config.performance_check;
  }

  // Lets the endpoint take a growing share of its calls from now on, if the config says so.
  // Returns when Update() has something to do, InfiniteFuture if never.
  absl::Time BeginSlowStart(EndpointRecord& record, absl::Time now);

  // The endpoint takes all of its calls, whatever was begun.
  void Restore(EndpointRecord& record);

  // Sets the share that is due now. Returns when it is to be called again, InfiniteFuture if never.
  absl::Time Update(EndpointRecord& record, absl::Time now);

  // What endpoints are weighed by at the end of an interval.
  struct Interval {
    absl::Duration length;
    absl::Time end;
    float median_latency = 0;  // of what answers typically take, in nanoseconds; 0: not known
  };

  // Weighs what the endpoint answered in the interval. Nothing, or the event that its overload
  // began or ended.
  std::optional<Event> EndInterval(EndpointRecord& record, const Interval& interval);

 private:
  // `calls` ended in the interval.
  void WeighPerformance(EndpointRecord& record, uint64_t calls, float median_latency) const;
  double RampShare(EndpointRecord& record, absl::Time now) const;

  std::optional<SlowStartConfig> slow_start_;
  std::optional<PerformanceCheckConfig> performance_check_;
};

}  // namespace nines
