// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/optimization.h"

namespace nines {

// What a thread that picks has to itself, in cache lines that no other thread writes: the epoch
// that its read section noted, and whose turn it is in round robin.
//
// Slots are made when a thread first picks, given back when it ends, used again by the next, and
// never freed: a writer walks the list of them without a lock. There are as many as threads ever
// picked at the same time.
class alignas(64) ThreadSlot final {
 public:
  // The calling thread's. A thread_local that outlives a call, against the rule, because the
  // alternative is a lock or a shared cache line in every pick.
  static ThreadSlot& Own() {
    ThreadSlot* slot = own_;
    return ABSL_PREDICT_TRUE(slot != nullptr) ? *slot : Acquire();
  }

  // The same, but nullptr if the thread is ending and has given its slot back: a slot that it took
  // now would never be given back.
  static ThreadSlot* OwnUnlessEnding() {
    ThreadSlot* slot = own_;
    if (ABSL_PREDICT_TRUE(slot != nullptr)) return slot;
    return is_ending_ ? nullptr : &Acquire();
  }

  // All slots, newest first, by next(). For the writer.
  static const ThreadSlot* All() { return all_.load(std::memory_order_seq_cst); }
  const ThreadSlot* next() const { return next_; }

  ThreadSlot(const ThreadSlot&) = delete;
  ThreadSlot& operator=(const ThreadSlot&) = delete;

  // Small numbers, different for threads that live at the same time.
  uint32_t number() const { return number_; }

  // The numbers 0, 1, 2, … from some start on, a sequence for each owner (whose id is not 0). The
  // first number is start(). A thread that serves more than kOwners owners by turns may get new
  // starts instead of the next numbers.
  template <typename Start>
  uint64_t NextTurn(uint64_t owner, const Start& start) {
    Turn& turn = turns_[owner % kOwners];
    if (ABSL_PREDICT_FALSE(turn.owner != owner)) turn = {owner, start()};
    return turn.next++;
  }

  // What NextTurn() would give, but nothing is taken.
  template <typename Start>
  uint64_t PeekTurn(uint64_t owner, const Start& start) const {
    const Turn& turn = turns_[owner % kOwners];
    return turn.owner == owner ? turn.next : start();
  }

  // The epoch of the read under way, 0 if there is none, with the orders that published.h asks for.
  // Written by the owner, read by writers.
  std::atomic<uint64_t>& epoch() { return epoch_; }
  const std::atomic<uint64_t>& epoch() const { return epoch_; }

 private:
  friend class ThreadSlotHolder;

  static constexpr size_t kOwners = 8;

  struct Turn {
    uint64_t owner = 0;
    uint64_t next = 0;
  };

  explicit ThreadSlot(uint32_t number) : number_(number) {}
  static ThreadSlot& Acquire();

  // Zero-initialized and without a destructor, so that reading it costs one load. Initial-exec: the
  // eight bytes come out of what the loader keeps for libraries that are opened late (glibc: 1.5
  // KiB at least), and spare every pick in a shared library a call of __tls_get_addr.
  [[gnu::tls_model("initial-exec")]] static inline thread_local ThreadSlot* own_ = nullptr;
  static thread_local bool is_ending_;  // seldom asked, so not of those eight bytes
  static inline std::atomic<ThreadSlot*> all_{nullptr};

  std::atomic<uint64_t> epoch_{0};
  std::atomic<bool> is_owned_{true};  // by a live thread
  const uint32_t number_;
  ThreadSlot* next_ = nullptr;         // const once linked
  std::array<Turn, kOwners> turns_{};  // the owning thread's
};

}  // namespace nines
