// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace nines {

// How often something happened in the last few slices of time, the current one included. Slices
// are numbered modulo 2³² by the caller; a count that was not touched for so many comes back once.
//
// Each slot holds a slice's number and its count in one word, and is taken over by the first to
// count in a later slice: no timer, no lock. A thread that sleeps for a whole window between
// reading the clock and counting is counted in a later slice, which nobody can tell apart.
//
// Thread-safe; lock-free. One cache line.
class alignas(64) WindowCount {
 public:
  static constexpr uint32_t kSlices = 8;

  void Add(uint32_t slice) {
    std::atomic<uint64_t>& slot = slots_[slice % kSlices];
    uint64_t before = slot.load(std::memory_order_relaxed);
    while (IsFree(before, slice)) {
      if (slot.compare_exchange_weak(before, Pack(slice, 1), std::memory_order_relaxed)) return;
    }
    slot.fetch_add(1, std::memory_order_relaxed);
  }

  // As Add(), unless the sum is `limit` already: then false.
  bool TryAdd(uint32_t slice, uint64_t limit) {
    std::atomic<uint64_t>& slot = slots_[slice % kSlices];
    uint64_t before = slot.load(std::memory_order_relaxed);
    while (Sum(slice) < limit) {
      const uint64_t after = IsFree(before, slice) ? Pack(slice, 1) : before + 1;
      if (slot.compare_exchange_weak(before, after, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  // Takes back one that was added in `slice`, unless that is over and forgotten.
  void Remove(uint32_t slice) {
    std::atomic<uint64_t>& slot = slots_[slice % kSlices];
    uint64_t before = slot.load(std::memory_order_relaxed);
    while (SliceIn(before) == slice && (before & UINT32_MAX) != 0) {
      if (slot.compare_exchange_weak(before, before - 1, std::memory_order_relaxed)) return;
    }
  }

  uint64_t Sum(uint32_t slice) const {
    uint64_t sum = 0;
    for (const std::atomic<uint64_t>& slot : slots_) {
      const uint64_t content = slot.load(std::memory_order_relaxed);
      if (!IsBefore(SliceIn(content), slice - (kSlices - 1))) sum += content & UINT32_MAX;
    }
    return sum;
  }

 private:
  static constexpr uint64_t Pack(uint32_t slice, uint32_t count) {
    return (uint64_t{slice} << 32) | count;
  }
  static constexpr uint32_t SliceIn(uint64_t slot) { return static_cast<uint32_t>(slot >> 32); }
  // Whether the slot's content has nothing to do with `slice`. One that counts nothing has a number
  // that nobody gave it, and which may seem to be of a later slice.
  static constexpr bool IsFree(uint64_t slot, uint32_t slice) {
    return (slot & UINT32_MAX) == 0 || IsBefore(SliceIn(slot), slice);
  }
  static constexpr bool IsBefore(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

  std::array<std::atomic<uint64_t>, kSlices> slots_{};
};

}  // namespace nines
