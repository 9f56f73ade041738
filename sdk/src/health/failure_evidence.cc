// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/failure_evidence.h"

#include <algorithm>
#include <cmath>

namespace nines {
namespace {

constexpr double kLeastExpected = 0.01;

}  // namespace

double ExpectedFailureRatio(const CallCounts& peers) {
  return std::max(kLeastExpected, (peers.failures + 1) / (peers.calls + 2));
}

double FailureEvidence(const CallCounts& own, double expected) {
  if (own.failures <= own.calls * expected) return 0;
  const double ratio = own.failures / own.calls;
  double entropy = ratio * std::log(ratio / expected);
  if (ratio < 1) entropy += (1 - ratio) * std::log((1 - ratio) / (1 - expected));
  return own.calls * entropy;
}

}  // namespace nines
