// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/performance_share.h"

#include <algorithm>

#include "absl/time/time.h"
#include "health/latency_outliers.h"

namespace nines {
namespace {

constexpr double kMostDecrease = 0.5;
constexpr double kMostIncrease = 1.1;

double InRange(double share, const PerformanceCheckConfig& config) {
  return std::clamp(share, config.min_weight_percent / 100.0, 1.0);
}

}  // namespace

double ShareAfterLoad(double share, double utilization, const PerformanceCheckConfig& config) {
  const double ratio = utilization > 0 ? config.target_utilization / utilization : kMostIncrease;
  return InRange(share * std::clamp(ratio, kMostDecrease, kMostIncrease), config);
}

double ShareAfterLatency(double share, float latency, float median,
                         const PerformanceCheckConfig& config) {
  const double allowed = config.latency_factor * median;
  const bool matters = absl::Nanoseconds(latency - median) >= LatencyOutliers::kLeastDifference;
  const double due = median > 0 && latency > allowed && matters ? allowed / latency : 1;
  // The last per cent at once: half of the way would never arrive.
  if (due == 1 && share > 0.99) return 1;
  return InRange((share + due) / 2, config);
}

}  // namespace nines
