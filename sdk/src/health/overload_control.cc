// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/overload_control.h"

#include <algorithm>

namespace nines {

double ShareAfterInterval(double share, double overload_ratio, absl::Duration length) {
  if (overload_ratio <= kToleratedOverloadRatio) {
    return std::min(1.0, share + kShareRecoveryPerSecond * absl::ToDoubleSeconds(length));
  }
  return std::max(kLeastOverloadShare, share * (1 - overload_ratio / 2));
}

}  // namespace nines
