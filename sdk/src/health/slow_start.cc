// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/slow_start.h"

#include <algorithm>
#include <cmath>

namespace nines {

double SlowStartShare(const SlowStartConfig& config, absl::Duration age) {
  if (age >= config.window) return 1;
  const double part = std::max(absl::FDivDuration(age, config.window), 0.0);
  return std::max(config.min_weight_percent / 100.0, std::pow(part, 1 / config.aggression));
}

}  // namespace nines
