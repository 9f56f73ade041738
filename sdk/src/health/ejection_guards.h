// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "health/pool_counts.h"

namespace nines {

// Whether an ejection that is due may happen: health must never turn the failure of some endpoints
// into an outage of all. The share of endpoints that are out (ejected or on trial) *after* the
// ejection stays within max_ejection_percent (but one may always be), and another healthy endpoint
// remains. The share is of no account for one that is lame.
//
// Thread-compatible; the balancer's lock guards it. O(1).
class EjectionGuards {
 public:
  void Configure(uint32_t max_ejection_percent) { max_ejection_percent_ = max_ejection_percent; }

  // Of a pool of `total` endpoints.
  bool MayEject(const EndpointState& state, const PoolCounts& counts, size_t total) const;

  // For the event: why MayEject() said no.
  std::string WhyNot(const PoolCounts& counts, size_t total) const;

 private:
  uint32_t max_ejection_percent_ = 50;
};

}  // namespace nines
