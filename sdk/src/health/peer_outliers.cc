// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/peer_outliers.h"

#include <cmath>

namespace nines {
namespace {

// The endpoints that had enough calls to be judged; none if they are too few to be compared.
std::vector<size_t> Comparable(absl::Span<const CallCounts> counts, uint32_t request_volume,
                               uint32_t minimum_hosts) {
  std::vector<size_t> indexes;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].calls > 0 && counts[i].calls >= request_volume) indexes.push_back(i);
  }
  if (indexes.size() < minimum_hosts) indexes.clear();
  return indexes;
}

double SuccessRate(const CallCounts& counts) { return 1 - counts.failures / counts.calls; }

}  // namespace

std::vector<size_t> SuccessRateOutliers(absl::Span<const CallCounts> counts,
                                        const SuccessRateEjectionConfig& config) {
  const std::vector<size_t> compared =
      Comparable(counts, config.request_volume, config.minimum_hosts);
  double sum = 0;
  for (const size_t i : compared) sum += SuccessRate(counts[i]);
  const double mean = sum / static_cast<double>(compared.size());
  double squares = 0;
  for (const size_t i : compared) squares += std::pow(SuccessRate(counts[i]) - mean, 2);
  const double deviation = std::sqrt(squares / static_cast<double>(compared.size()));
  const double threshold = mean - deviation * config.stdev_factor / 1000;
  std::vector<size_t> outliers;
  for (const size_t i : compared) {
    if (SuccessRate(counts[i]) < threshold) outliers.push_back(i);
  }
  return outliers;
}

std::vector<size_t> FailurePercentageOutliers(absl::Span<const CallCounts> counts,
                                              const FailurePercentageEjectionConfig& config) {
  std::vector<size_t> outliers;
  for (const size_t i : Comparable(counts, config.request_volume, config.minimum_hosts)) {
    if (counts[i].failures * 100 > counts[i].calls * config.threshold) outliers.push_back(i);
  }
  return outliers;
}

}  // namespace nines
