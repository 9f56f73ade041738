// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "baselines/host_table.h"
#include "baselines/shared_host.h"

namespace nines::bench {

/// A ring of points over the healthy hosts, each point a hash and a shared_ptr to its host; a key
/// belongs to the first point at or after its hash, found by binary search. Immutable.
class SharedRing final : public HostTable {
 public:
  /// Every host has the same number of points, at least one: the fewest that make this many.
  static constexpr size_t kMinPoints = 1024;

  explicit SharedRing(const std::vector<SharedHostPtr>& hosts);

  SharedHostPtr Choose(uint64_t hash, size_t attempt) const override;

  size_t size() const { return points_.size(); }

 private:
  struct Point {
    uint64_t hash;
    SharedHostPtr host;
  };
  std::vector<Point> points_;  // by hash
};

}  // namespace nines::bench
