// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "endpoints/endpoint_table.h"

namespace nines {

// What the endpoints of a pool are measured against: the median of their latencies.
//
// An endpoint of which nothing is known (new, or readmitted) starts there, not at zero, or all
// calls would run to it. One that had no calls since the last tick goes back to it step by step:
// what made it look slow may be over, and only calls can tell.
//
// Thread-compatible; the balancer's lock guards it. Cost: O(n) a tick, O(1) otherwise.
class LoadBaseline {
 public:
  // Takes the median anew, gives it to those of which nothing is known, and lets the idle go
  // towards it.
  void Tick(const EndpointTable& table);

  // Forgets what is known of an endpoint that starts anew.
  void Restart(EndpointState& state) const {
    state.set_latency(median_);
    state.set_typical_latency(0);
  }

  // Where a latency is after a tick without calls.
  static float AfterIdleTick(float latency, float median);

  // Nanoseconds; 0: nothing is known of any endpoint.
  float median() const { return median_; }

  // The same of what answers typically take.
  float typical() const { return typical_; }

 private:
  // Share of the way to the median that an idle endpoint goes at each tick.
  static constexpr float kIdleStep = 0.25f;
  // As near as that to the median it is there: else it would come ever nearer and stay the slowest.
  static constexpr float kNear = 1.1f;

  // Of the `latency` of all endpoints that have one; `before` if none has.
  float MedianOf(const EndpointTable& table, float (EndpointState::*latency)() const, float before);

  float median_ = 0;
  float typical_ = 0;
  std::vector<float> latencies_;  // kept, so that a tick need not allocate
};

}  // namespace nines
