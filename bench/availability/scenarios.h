// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "contender.h"
#include "testbed/call_tally.h"
#include "testbed/dns_server.h"
#include "testbed/fleet.h"

namespace nines::bench {

/// What nines has to reach; no call may fail in any scenario.
struct Goals {
  std::optional<absl::Duration> p99 = std::nullopt;
};

/// A fault in the middle half of an open-loop load on five backends.
struct FaultScenario {
  std::string name;                    // for --scenarios
  std::string title;                   // for people
  std::vector<testbed::Fault> faults;  // all at once
  Goals goals;
};

/// In the order of the table.
std::vector<FaultScenario> FaultScenarios();

struct FaultRun {
  absl::Duration length = absl::Seconds(12);
  double calls_per_second = 1000;
};

/// Runs one fault for one contender, with backends and a channel of their own.
absl::StatusOr<testbed::CallTally> RunFault(const FaultScenario& scenario, Contender contender,
                                            const FaultRun& run, testbed::DnsServer& dns);

/// Calls of 16 threads, two attempts each, to so many backends of which one always answers
/// UNAVAILABLE.
absl::StatusOr<testbed::CallTally> RunTwoAttempts(Contender contender, uint64_t calls,
                                                  size_t backends, testbed::DnsServer& dns);

}  // namespace nines::bench
