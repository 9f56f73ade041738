// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "baselines/counted_host.h"
#include "baselines/doubly_buffered.h"
#include "key.h"

namespace nines::bench {

/// Consistent hashing over all known hosts, 100 points each in one sorted vector, doubly buffered.
/// A pick hashes its key (XXH3, as nines does), finds the first point at or after it by binary
/// search, and goes on from there past hosts that are not available. A change of health changes no
/// point; a change of membership edits both vectors.
///
/// Thread-safe but for SetKnown and SetHealthy, which one thread calls. Outlives its leases.
class BufferedRing {
 public:
  static constexpr size_t kPointsPerHost = 100;

  explicit BufferedRing(size_t hosts);

  /// An empty lease if no host is available.
  HostLease Pick(const Key& key) const;

  void SetHealthy(size_t host, bool is_healthy) { hosts_.SetAvailable(host, is_healthy); }
  void SetKnown(size_t host, bool is_known);

 private:
  // 56 bytes, as the structure that this is measured for: the hash, the host's id with a tag string
  // (which is empty, but has its room), and the address, which breaks ties.
  struct Point {
    uint32_t hash;
    uint64_t host;
    std::array<char, 32> tag;
    uint64_t address;
  };
  static_assert(sizeof(Point) == 56);
  using Points = std::vector<Point>;

  static bool Precedes(const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.address < b.address;
  }
  static void AppendPoints(size_t host, Points& points);

  CountedHosts hosts_;
  DoublyBuffered<Points> points_;
};

}  // namespace nines::bench
