// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/sequential_test.h"

#include <algorithm>
#include <cmath>

namespace nines {
namespace {

// What "worse" means. Smaller differences take longer to show, and matter less than an endpoint.
constexpr double kTimesWorse = 3;
constexpr double kLeastWorse = 0.1;  // one call in ten, where hardly any is expected to fail

// Above it the two hypotheses would meet.
constexpr double kMostExpected = 0.5;

}  // namespace

double AddSequentialEvidence(double evidence, const CallCounts& own, double expected) {
  const double good = std::min(expected, kMostExpected);
  const double bad = std::min(std::max(kTimesWorse * good, kLeastWorse), (1 + good) / 2);
  const double successes = own.calls - own.failures;
  return std::max(0.0, evidence + own.failures * std::log(bad / good) +
                           successes * std::log((1 - bad) / (1 - good)));
}

}  // namespace nines
