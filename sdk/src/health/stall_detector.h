// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "health/outlier_detector.h"
#include "health/standstill_watch.h"
#include "nines/config.h"

namespace nines {

// Finds endpoints that have stopped answering: calls keep going in, and none comes out for far
// longer than usual. A hung process fails no call until its callers' deadlines end; this sees it
// within some tens of milliseconds.
//
// An endpoint is stalled if, for factor × the usual latency (its own or the median, whichever is
// longer) and at least minimum_time,
//  - none of its calls has ended,
//  - several that began in that time are outstanding: what began before may be streams, which last,
//  - and calls to other endpoints did end in the later half of it: else it is our own network, our
//    own process, or the whole service that stands still.
//
// It looks from time to time, so that picks and reports pay nothing. Thread-compatible; the
// balancer's lock guards it. O(n) a look.
class StallDetector {
 public:
  using Records = std::vector<std::shared_ptr<EndpointRecord>>;

  void Configure(const StallEjectionConfig& config) {
    config_ = config;
    standstill_.Expect(absl::InfiniteFuture());  // the timer of the next look is set anew, or none
  }
  bool is_on() const { return config_.factor != 0; }

  // Who has stalled, each said again at each look while it lasts. `usual_latency` is the median of
  // the endpoints'.
  std::vector<Suspect> Look(const Records& records, absl::Duration usual_latency, absl::Time now);

  // When to look again after the last look: often enough to find a stall soon after minimum_time,
  // but rarely where nothing happens or a look has much to look at.
  absl::Duration NextDelay() const { return delay_; }

  // What the looks that came late say of this process. Nothing while the detector is off.
  const StandstillWatch& standstill() const { return standstill_; }

 private:
  bool Watch(EndpointRecord& record, bool is_gap, absl::Time now) const;
  absl::Duration Allowed(const EndpointRecord& record, absl::Duration usual_latency) const;
  absl::Duration Period(size_t endpoints) const;

  StallEjectionConfig config_;
  absl::Duration delay_ = absl::ZeroDuration();
  StandstillWatch standstill_;
  absl::Time last_progress_ = absl::InfinitePast();  // of any endpoint
};

}  // namespace nines
