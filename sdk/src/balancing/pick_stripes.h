// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "sync/thread_slot.h"

namespace nines {

// Counts that every picking thread adds to and few read: spread over cache lines by thread, so that
// threads do not wait for each other's line, and summed up when somebody asks. With more threads
// than stripes some share one, which is still right.
//
// Thread-safe; lock-free. A sum is not a snapshot: it may miss, or see half of, what other threads
// do meanwhile; with nothing under way it is exact.
class PickStripes {
 public:
  enum Count {
    kKeyless,        // calls of a hash policy without any of its keys
    kOverflow,       // picks that bounded load moved
    kPanic,          // picks while health was ignored
    kAgainstHealth,  // picks of an endpoint out of use, as nobody else was left
    kCountEnd,
  };

  void Add(Count count) { Own().counts[count].fetch_add(1, std::memory_order_relaxed); }
  uint64_t Sum(Count count) const {
    uint64_t sum = 0;
    for (const Stripe& stripe : stripes_) {
      sum += stripe.counts[count].load(std::memory_order_relaxed);
    }
    return sum;
  }

  // Calls in flight. One may end on another thread than it began: only the sum means anything.
  void AddInFlight(int64_t change) { Own().in_flight.fetch_add(change, std::memory_order_relaxed); }
  uint64_t in_flight() const {
    int64_t sum = 0;
    for (const Stripe& stripe : stripes_) sum += stripe.in_flight.load(std::memory_order_relaxed);
    return sum < 0 ? 0 : static_cast<uint64_t>(sum);
  }

 private:
  // More threads than this pick in few programs at once, and a sum reads them all.
  static constexpr uint32_t kStripes = 8;

  struct alignas(64) Stripe {
    std::atomic<int64_t> in_flight{0};
    std::array<std::atomic<uint64_t>, kCountEnd> counts{};
  };

  Stripe& Own() { return stripes_[ThreadSlot::Own().number() % kStripes]; }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace nines
