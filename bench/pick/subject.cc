// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "subject.h"

#include <algorithm>
#include <cmath>

namespace nines::bench {

std::vector<BatchTime> Overlapping(const std::vector<BatchTime>& a,
                                   const std::vector<BatchTime>& b) {
  std::vector<BatchTime> overlapping;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::chrono::duration<double, std::nano> apart = a[i].start - b[i].start;
    const double shorter_ns = std::min(a[i].pick_ns + a[i].end_ns, b[i].pick_ns + b[i].end_ns) *
                              static_cast<double>(Subject::kBatch);
    if (std::abs(apart.count()) > shorter_ns / 4) continue;
    overlapping.push_back(a[i]);
    overlapping.push_back(b[i]);
  }
  return overlapping;
}

}  // namespace nines::bench
