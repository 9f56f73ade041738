// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/shared_ring.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "baselines/hash.h"

namespace nines::bench {

SharedRing::SharedRing(const std::vector<SharedHostPtr>& hosts) {
  if (hosts.empty()) return;
  const size_t points_per_host = (kMinPoints + hosts.size() - 1) / hosts.size();
  points_.reserve(points_per_host * hosts.size());
  std::string name;
  for (const SharedHostPtr& host : hosts) {
    for (size_t i = 0; i < points_per_host; ++i) {
      name.assign(host->address);
      absl::StrAppend(&name, "_", i);
      points_.push_back({Xxh64(name), host});
    }
  }
  std::sort(points_.begin(), points_.end(),
            [](const Point& a, const Point& b) { return a.hash < b.hash; });
}

SharedHostPtr SharedRing::Choose(uint64_t hash, size_t attempt) const {
  if (points_.empty()) return nullptr;
  const auto found =
      std::lower_bound(points_.begin(), points_.end(), hash,
                       [](const Point& point, uint64_t value) { return point.hash < value; });
  size_t index = static_cast<size_t>(found - points_.begin()) + attempt;
  if (index >= points_.size()) index %= points_.size();
  return points_[index].host;
}

}  // namespace nines::bench
