// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "median_interval.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nines::bench {

MedianInterval EstimateMedian(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto last = static_cast<double>(samples.size() - 1);
  const double reach = 0.98 * std::sqrt(static_cast<double>(samples.size()));
  const auto low = static_cast<size_t>(std::max(0.0, std::floor(last / 2 - reach)));
  const auto high = static_cast<size_t>(std::min(last, std::ceil(last / 2 + reach)));
  return {samples[samples.size() / 2], samples[low], samples[high]};
}

}  // namespace nines::bench
