// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "statistics.h"

namespace nines::bench {

/// How many endpoints a system is measured with, for what depends on it.
inline constexpr size_t kSizes[] = {10, 100, 1'000, 10'000, 100'000};
inline constexpr size_t kUsualSize = 1'000;    // of two threads
inline constexpr size_t kChangeSize = 10'000;  // of changes, tails and memory

/// Whose it is.
enum class Origin { kNines, kBaseline };

/// By the number of endpoints.
using FigureBySize = std::map<size_t, Figure>;

/// What one endpoint's change costs, and what it allocates.
struct ChangeCost {
  Figure ns;
  double allocations = 0;  // per change
};

/// All that was measured of one system. What was not is empty.
struct SystemResults {
  std::string name;   // for machines
  std::string title;  // for people
  Origin origin = Origin::kBaseline;
  FigureBySize pick_ns;             // an endpoint chosen, its lease made
  FigureBySize pick_and_drop_ns;    // and the lease ended without a word
  FigureBySize pick_and_report_ns;  // or with an outcome; empty if the system learns nothing
  FigureBySize report_ns;
  std::optional<Figure> two_threads_ns;  // pick, per thread
  std::optional<Figure> speed_up;        // two threads' rate of picks and drops ÷ one's
  std::optional<ChangeCost> health_change;
  std::optional<Figure> membership_ms;
  std::optional<double> heap_bytes;  // at kChangeSize
};

/// An endpoint ejected by a failed call, and readmitted by its trial call.
struct EjectionResults {
  ChangeCost eject;
  ChangeCost readmit;
};

/// The 99.99th percentile of single picks, with nothing else going on and while the membership
/// changes all the time.
struct TailResults {
  Figure quiet_ns;
  Figure changing_ns;
  Figure ratio;
};

struct MemoryResults {
  double state_bytes = 0;        // of an endpoint, that picks touch
  double heap_per_endpoint = 0;  // all that a balancer keeps of one, bar the table
  double heap_per_slot = 0;      // of the hash table
  double allocations_per_pick = 0;
};

/// Unary calls per second through gRPC channels; the ratio is the median of the rounds' ratios, and
/// the true one is between low and high with 95 % confidence.
struct GrpcResults {
  double stock = 0;
  double nines = 0;
  double ratio = 0;
  double ratio_low = 0;
  double ratio_high = 0;
};

/// All that was measured in one run of the program. A value.
struct Results {
  int rounds = 0;
  std::string machine;
  std::vector<SystemResults> systems;
  std::optional<EjectionResults> ejections;
  std::optional<TailResults> tail;
  std::optional<MemoryResults> memory;
  std::optional<GrpcResults> grpc;
  std::vector<std::string> notes;  // what was left out, and why

  /// nullptr if it was not measured.
  const SystemResults* Find(const std::string& name) const;
};

}  // namespace nines::bench
