// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "median_interval.h"
#include "testbed/dns_server.h"

namespace nines::bench {

struct ThroughputRun {
  int rounds = 600;  // of each client
  /// Long enough for some hundred calls, short enough that all clients of a round see the same
  /// machine.
  absl::Duration round_length = absl::Milliseconds(50);
  int threads = 4;
  /// Every channel is a little faster or slower than its like, by where its memory and connections
  /// happen to be: each client gets new ones from time to time.
  int rounds_per_channel = 50;
};

/// One client's unary calls per second, against those of stock round_robin in the same round.
struct Throughput {
  std::string client;
  double calls_per_second = 0;  // the median round's
  MedianInterval ratio;         // to stock, of the rounds
  std::optional<double> goal = std::nullopt;
};

/// Clients by the names that RunThroughput() gives them.
inline constexpr char kStockClient[] = "stock round_robin";
inline constexpr char kNinesHashClient[] = "nines hash by header";

/// Measures, in this process and in turns, against the same five healthy backends: stock
/// round_robin, stock round_robin once more (how far from 1 its ratio is, is what the measurement
/// is worth), and nines at random and by hash. All calls bring the same header. A call that fails
/// is an error, for it costs something else.
absl::StatusOr<std::vector<Throughput>> RunThroughput(const ThroughputRun& run,
                                                      testbed::DnsServer& dns);

}  // namespace nines::bench
