// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "key.h"

namespace nines::bench {

/// No balancers, but the memory accesses that one cannot do without: what is left of a pick when
/// everything else takes no time. Key and host are random bits and a cache line. Thread-safe.

struct alignas(64) FloorLine {
  std::atomic<uint32_t> is_out{0};
  std::atomic<uint32_t> in_flight{0};
};

/// The key's first bits, and others; no hash is computed.
struct FloorDraws {
  explicit FloorDraws(const Key& key) { std::memcpy(&bits, key.bytes.data(), sizeof(bits)); }
  size_t First(size_t size) const { return ((bits >> 32) * size) >> 32; }
  size_t Second(size_t size) const { return ((bits & UINT32_MAX) * size) >> 32; }

  uint64_t bits;
};

/// Of a hash pick: a slot of a table as large as ours, and the line of the host that it names.
class SlotFloor {
 public:
  explicit SlotFloor(size_t hosts) : lines_(hosts) {
    constexpr size_t kManyHosts = 26'214;
    constexpr size_t kMostOfShortSlots = 65'536;
    const size_t size = hosts <= kManyHosts ? 1 << 18 : 1 << 20;
    // A stride without a factor in common with the size, so that neighbours are far apart.
    constexpr size_t kStride = 7919;
    for (size_t i = 0; i < size; ++i) {
      const size_t host = i * kStride % size * hosts / size;
      if (hosts <= kMostOfShortSlots) {
        short_slots_.push_back(static_cast<uint16_t>(host));
      } else {
        long_slots_.push_back(static_cast<uint32_t>(host));
      }
    }
  }

  /// nullptr if the host is out.
  const FloorLine* Read(const Key& key) const {
    const FloorDraws draws(key);
    const size_t host = long_slots_.empty() ? short_slots_[draws.First(short_slots_.size())]
                                            : long_slots_[draws.First(long_slots_.size())];
    const FloorLine& line = lines_[host];
    return line.is_out.load(std::memory_order_relaxed) == 0 ? &line : nullptr;
  }

  void SetOut(size_t host, bool is_out) { lines_[host].is_out.store(is_out ? 1 : 0); }

 private:
  std::vector<FloorLine> lines_;
  std::vector<uint16_t> short_slots_;
  std::vector<uint32_t> long_slots_;
};

/// Of two choices whose loads all threads count together: the lines of two hosts, of which the one
/// with fewer calls in flight is counted up, and down at the call's end.
class TwoLinesFloor {
 public:
  class Lease {
   public:
    explicit Lease(FloorLine& line) : line_(line) {}
    Lease(const Lease&) = delete;
    ~Lease() { line_.in_flight.fetch_sub(1, std::memory_order_relaxed); }
    const FloorLine& line() const { return line_; }

   private:
    FloorLine& line_;
  };

  explicit TwoLinesFloor(size_t hosts) : lines_(hosts) {}

  Lease Take(const Key& key) {
    const FloorDraws draws(key);
    FloorLine& a = lines_[draws.First(lines_.size())];
    FloorLine& b = lines_[draws.Second(lines_.size())];
    const bool is_b_lower =
        b.in_flight.load(std::memory_order_relaxed) < a.in_flight.load(std::memory_order_relaxed);
    FloorLine& lower = is_b_lower ? b : a;
    lower.in_flight.fetch_add(1, std::memory_order_relaxed);
    return Lease(lower);
  }

 private:
  std::vector<FloorLine> lines_;
};

}  // namespace nines::bench
