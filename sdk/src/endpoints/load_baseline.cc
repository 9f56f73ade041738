// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/load_baseline.h"

#include <algorithm>
#include <utility>

namespace nines {

float LoadBaseline::AfterIdleTick(float latency, float median) {
  const float next = latency + (median - latency) * kIdleStep;
  return next < median * kNear && next > median / kNear ? median : next;
}

float LoadBaseline::MedianOf(const EndpointTable& table, float (EndpointState::*latency)() const,
                             float before) {
  latencies_.clear();
  for (const auto& record : table.records()) {
    const float value = ((*record->state).*latency)();
    if (value > 0) latencies_.push_back(value);
  }
  if (latencies_.empty()) return before;
  // Of an even number the lower one: a pool of two has the faster for its usual.
  const auto middle = latencies_.begin() + (latencies_.size() - 1) / 2;
  std::nth_element(latencies_.begin(), middle, latencies_.end());
  return *middle;
}

void LoadBaseline::Tick(const EndpointTable& table) {
  median_ = MedianOf(table, &EndpointState::latency, median_);
  typical_ = MedianOf(table, &EndpointState::typical_latency, typical_);
  for (const auto& record : table.records()) {
    EndpointState& state = *record->state;
    const float latency = state.latency();
    record->CountCalls();
    // A call under way that does not end is not idleness: it may be why nothing is heard.
    const bool is_idle = std::exchange(record->calls_at_tick, record->calls) == record->calls &&
                         state.in_flight() == 0;
    if (latency == 0) {
      state.set_latency(median_);
    } else if (is_idle) {
      state.set_latency(AfterIdleTick(latency, median_));
    }
  }
}

}  // namespace nines
