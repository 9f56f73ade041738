// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "testbed/call_tally.h"

namespace nines::demo {

/// One endpoint as the two nines channels see it. A value.
struct EndpointRow {
  std::string host;
  HealthState by_hash = HealthState::kConnecting;
  HealthState at_random = HealthState::kConnecting;
  double calls_per_second = 0;  // of both, attempts included
  uint32_t in_flight = 0;       // of both
  uint64_t failures = 0;        // of both
  std::string reason;           // why it is not healthy, in the worse of the two
};

/// Everything that the demo shows at one moment. A value.
struct Snapshot {
  std::string target;
  absl::Duration elapsed;
  absl::Duration total;
  std::string happening;  // "127.0.0.3 hangs (SIGSTOP)"
  bool is_faulty = false;
  std::vector<EndpointRow> endpoints;
  testbed::CallTally by_hash;       // nines, so far
  testbed::CallTally at_random;     // nines, so far
  testbed::CallTally stock;         // so far
  std::vector<std::string> events;  // all so far
};

}  // namespace nines::demo
