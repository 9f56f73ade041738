// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "nines/config.h"
#include "nines/observer.h"

namespace nines {

// The share of its calls that each endpoint takes: the product of all reasons for less, which are
// its slow start and its overload (overload_control.h). A share is one number that picks read; no
// table is built for it.
//
// Thread-compatible; the balancer's lock guards it. O(1).
class EndpointShares {
 public:
  void Configure(const BalancerConfig& config) { slow_start_ = config.slow_start; }

  // Lets the endpoint take a growing share of its calls from now on, if the config says so.
  // Returns when Update() has something to do, InfiniteFuture if never.
  absl::Time BeginSlowStart(EndpointRecord& record, absl::Time now);

  // The endpoint takes all of its calls, whatever was begun.
  void Restore(EndpointRecord& record);

  // Sets the share that is due now. Returns when it is to be called again, InfiniteFuture if never.
  absl::Time Update(EndpointRecord& record, absl::Time now);

  // Weighs what the endpoint answered since the last time, `length` ago. Nothing, or the event that
  // its overload began or ended.
  std::optional<Event> EndInterval(EndpointRecord& record, absl::Duration length, absl::Time now);

 private:
  double RampShare(EndpointRecord& record, absl::Time now) const;

  std::optional<SlowStartConfig> slow_start_;
};

}  // namespace nines
