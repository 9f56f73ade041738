// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "contender.h"
#include "retry_scenarios.h"
#include "scenarios.h"
#include "testbed/call_tally.h"
#include "throughput.h"

namespace nines::bench {

/// One contender in one scenario.
struct Measurement {
  std::string name;   // of the scenario, for machines
  std::string title;  // of the scenario, for people
  Contender contender = Contender::kStock;
  testbed::CallTally tally;
  Goals goals;
};

/// All that was measured in one run of the program. A value.
struct Report {
  std::vector<Measurement> measurements;
  std::vector<Throughput> throughputs = {};  // the first is stock's
  std::vector<Figure> figures = {};

  /// Whether nines reached every goal of what was measured. Stock gRPC has none.
  bool MeetsGoals() const;

  /// For people: a table.
  std::string ToText() const;

  /// For machines: one object, durations in milliseconds.
  std::string ToJson() const;
};

}  // namespace nines::bench
