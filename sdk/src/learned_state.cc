// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/learned_state.h"

namespace nines {

bool operator==(const LearnedEndpoint& a, const LearnedEndpoint& b) {
  return a.address == b.address && a.state == b.state && a.reason == b.reason &&
         a.since == b.since && a.ejection_multiplier == b.ejection_multiplier &&
         a.ejected_until == b.ejected_until && a.is_probe_failed == b.is_probe_failed &&
         a.latency == b.latency;
}

bool operator==(const HeldOverride& a, const HeldOverride& b) {
  return a.address == b.address && a.wish == b.wish && a.until == b.until;
}

bool operator==(const LearnedState& a, const LearnedState& b) {
  return a.as_of == b.as_of && a.endpoints == b.endpoints && a.overrides == b.overrides;
}

LearnedState Shifted(LearnedState learned, absl::Duration step) {
  learned.as_of += step;
  for (LearnedEndpoint& endpoint : learned.endpoints) {
    endpoint.since += step;
    endpoint.ejected_until += step;
  }
  for (HeldOverride& held : learned.overrides) held.until += step;
  return learned;
}

}  // namespace nines
