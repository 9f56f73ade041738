// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace nines {

// While one exists, nothing that a Published gave out inside it is freed. Costs two plain stores to
// a cache line that only this thread writes: epoch-based reclamation (K. Fraser, "Practical
// lock-freedom", 2004) with the readers' barrier moved to the writer by membarrier(2), which makes
// every running thread of the process pass a full barrier. Where the system has no membarrier, the
// reader's store is sequentially consistent instead, which costs some 5 ns.
//
// Alternatives not taken: a reference count (all readers bounce its cache line), a lock per thread
// (two locked operations per pick), hazard pointers (the same barrier, and a scan per object).
//
// Wait-free. Nests. Confined to the thread that made it; short: no blocking inside.
class ReadSection {
 public:
  ReadSection();
  ~ReadSection() { slot_.epoch.store(outer_epoch_, std::memory_order_release); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

  // For the writer: begins a new epoch and returns it, after a barrier that orders what the writer
  // did before it against every reader's entry.
  static uint64_t AdvanceEpoch();

  // For the writer: the earliest epoch that a section under way began in; the current epoch if none
  // is. A section that begins later notes at least the current one.
  static uint64_t OldestActiveEpoch();

  // Slots made so far, one for each thread that ever read at the same time as the others. For
  // tests.
  static size_t SlotCount();

 private:
  friend class ThreadSlot;

  struct alignas(64) Slot {
    std::atomic<uint64_t> epoch{0};    // written by the owner; 0: not reading
    std::atomic<bool> is_owned{true};  // by a live thread
    Slot* next = nullptr;              // const once linked
  };

  static Slot& OwnSlot();
  static Slot& AcquireSlot();

  // All slots ever made, newest first. Slots are reused, never freed: a writer walks the list
  // without a lock, and there are at most as many as threads were reading at one time.
  static std::atomic<Slot*> all_slots_;

  Slot& slot_;
  const uint64_t outer_epoch_;  // 0, or the epoch of the section around this one
};

}  // namespace nines
