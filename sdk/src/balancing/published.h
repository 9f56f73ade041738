// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sync/read_section.h"

namespace nines {

// A pointer to an immutable T that many threads read without a lock and one thread at a time
// replaces. Readers write nothing but a cache line of their own (see read_section.h); the writer
// frees a replaced T as soon as no read that may have seen it is under way.
//
// The only home, with sync/read_section.{h,cc}, sync/thread_slot.{h,cc} and
// endpoints/lease_count.h, of memory orders other than relaxed counters. The argument, in the terms
// of the C++ memory model:
//  1. Contents. Publish() stores the pointer with release, Get() loads it with acquire: a reader
//     that gets a T sees it whole.
//  2. Reclamation. Publish() first replaces the pointer, then moves the epoch from e-1 to e, then
//     looks at the readers' slots. A ReadSection first notes the epoch in its slot, then loads the
//     pointer. The two "store, then load" pairs are ordered against each other by read_section's
//     barrier, so at least one sees the other's store:
//       - the writer sees the slot: it keeps T until the slot is empty or notes an epoch >= e;
//       - or the reader sees the new pointer, and never had T.
//     A reader that noted an epoch >= e read that epoch (acquire) after the writer advanced it
//     (release), which was after the replacement: it cannot load the old pointer.
//  3. Freeing. A slot is emptied with release and read by the writer with acquire: all of the
//     reader's accesses to T happen before T is deleted.
// A thread that stops picking, or exits, leaves its slot empty and so delays nothing. A thread that
// is preempted inside a read delays freeing, not publishing: Publish() never waits.
template <typename T>
class Published {
 public:
  explicit Published(std::unique_ptr<const T> initial) : current_(initial.release()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // REQUIRES: no read is under way and none follows.
  ~Published() {
    delete current_.load(std::memory_order_relaxed);
    for (const Retired& retired : retired_) delete retired.value;
  }

  // The T of now; never null. Valid until `section` ends. Wait-free.
  const T& Get(const ReadSection& /*section*/) const {
    return *current_.load(
        std::memory_order_seq_cst);  // on x86-64 and AArch64: a plain acquire load
  }

  // The T of now. For the writer.
  const T& current() const { return *current_.load(std::memory_order_relaxed); }

  // Replaces the T and frees those before it that no reader can still see. One writer at a time.
  void Publish(std::unique_ptr<const T> next) {
    const T* previous = current_.exchange(next.release(), std::memory_order_seq_cst);
    retired_.push_back({previous, ReadSection::AdvanceEpoch()});
    Reclaim();
  }

  // Frees replaced values that no reader can still see. Called from time to time by the writer, so
  // that what one long read kept alive does not wait for the next Publish().
  void Reclaim() {
    if (retired_.empty()) return;
    const uint64_t oldest = ReadSection::OldestActiveEpoch();
    size_t kept = 0;
    for (const Retired& retired : retired_) {
      if (retired.epoch <= oldest) {
        delete retired.value;
      } else {
        retired_[kept++] = retired;
      }
    }
    retired_.resize(kept);
  }

  // Replaced values not freed yet. For the writer, and tests.
  size_t retired_count() const { return retired_.size(); }

 private:
  struct Retired {
    const T* value;
    uint64_t epoch;  // the first epoch in which no read can begin to see it
  };

  std::atomic<const T*> current_;  // written by Publish, read by all
  std::vector<Retired> retired_;   // the writer's
};

}  // namespace nines
