// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace nines::bench {

/// A service whose calls end as chance has it. A value.
struct VirtualService {
  /// Of each endpoint: the share of its calls that fail, 0 to 1. Those that fail as few as the best
  /// are the healthy ones.
  std::vector<double> failing;
  double calls_per_second = 2;  // to each endpoint
};

struct VirtualEjections {
  uint64_t healthy_ejected = 0;
  uint64_t others_ejected = 0;
  std::string first_reason = {};  // why a healthy one was ejected; empty: none was
};

/// What the health engine makes of the service with its default config in so much virtual time,
/// which takes a second or so for a million calls. Everything is the same in every run.
VirtualEjections RunVirtually(const VirtualService& service, absl::Duration length,
                              uint64_t seed = 1);

}  // namespace nines::bench
