// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "contender.h"
#include "testbed/dns_server.h"

namespace nines::bench {

/// One number with a limit.
struct Figure {
  std::string scenario;  // for --scenarios
  std::string title;     // for people, with the unit
  Contender contender = Contender::kNines;
  double value = 0;
  double limit = 0;  // nines reaches its goal up to here
};

/// Ten seconds of 1000 calls each while all five backends answer UNAVAILABLE, after two that use up
/// what the budget has from before: attempts per call; and the calls that fail later than a second
/// after the backends are well.
absl::StatusOr<std::vector<Figure>> RunAllFailing(Contender contender, testbed::DnsServer& dns);

/// Calls with a deadline of 100 ms while two of five backends hang: those that end later than 5 ms
/// after it.
absl::StatusOr<std::vector<Figure>> RunDeadlines(Contender contender, testbed::DnsServer& dns);

/// One call after the other to two backends of which one answers UNAVAILABLE: by how much the
/// median call that needs a second attempt is slower than one that does not.
absl::StatusOr<std::vector<Figure>> RunFirstRetry(Contender contender, testbed::DnsServer& dns);

/// Calls of which one in a hundred takes 1 s: the 0.999 of their latencies, and the attempts more
/// than calls. Stock gRPC has no hedging; nines hedges by what calls usually take.
absl::StatusOr<std::vector<Figure>> RunSlowCalls(Contender contender, testbed::DnsServer& dns);

}  // namespace nines::bench
