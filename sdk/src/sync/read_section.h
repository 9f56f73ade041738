// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/optimization.h"
#include "sync/thread_slot.h"

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
  ReadSection() : ReadSection(ThreadSlot::Own()) {}
  // `slot` is the calling thread's.
  explicit ReadSection(ThreadSlot& slot)
      : slot_(slot), outer_epoch_(slot_.epoch().load(std::memory_order_relaxed)) {
    if (ABSL_PREDICT_TRUE(outer_epoch_ == 0)) Enter();  // else the outer section protects already
  }
  ~ReadSection() { slot_.epoch().store(outer_epoch_, std::memory_order_release); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

  // The thread's own, for what a read needs to itself.
  ThreadSlot& slot() const { return slot_; }

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
  // Read by every pick, written by publications: alone in its cache line.
  struct alignas(64) Global {
    std::atomic<uint64_t> epoch;  // from 1, as 0 in a slot means "not reading"
    // Whether the writers' barrier covers the readers. Set once, before the first epoch is begun.
    std::atomic<bool> has_membarrier;
  };
  static inline Global global_{{1}, {false}};

  void Enter() {
    const uint64_t epoch = global_.epoch.load(std::memory_order_acquire);
    if (ABSL_PREDICT_TRUE(global_.has_membarrier.load(std::memory_order_relaxed))) {
      slot_.epoch().store(epoch, std::memory_order_relaxed);
      // The compiler must not move the pointer's load above the store; the processor's part is the
      // writer's barrier.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      slot_.epoch().exchange(epoch, std::memory_order_seq_cst);
    }
  }
  static bool UseMembarrier();

  ThreadSlot& slot_;
  const uint64_t outer_epoch_;  // 0, or the epoch of the section around this one
};

}  // namespace nines
