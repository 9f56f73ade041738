// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/optimization.h"
#include "sync/read_section.h"

namespace nines {

// Where threads count an endpoint's leases. Only the sum of all cells means anything, as a lease
// may end on another thread than it began.
//
// States and cells lie in groups: eight states in one half, and in the other one cache line per
// cell, which has the eight states' counts; so threads with different cells never share a line.
// Which half has the states differs from group to group (StateArena), or one thread's lines would
// fall on half of the caches' sets. Where a cell is follows from the state's address alone: a load
// from the state would come between the choice of an endpoint and its count, 2 of 13 ns of a pick.
class LeaseCells {
 public:
  // Threads with a cell of their own, which nobody else writes: no locked operation is needed.
  static constexpr uint32_t kOwn = 4;
  // Cells that all other threads share.
  static constexpr uint32_t kShared = 4;
  static constexpr uint32_t kCells = kOwn + kShared;

  static constexpr size_t kLine = 64;
  static constexpr size_t kStates = kLine / sizeof(uint64_t);  // of a group
  static constexpr size_t kHalf = kStates * kLine;
  static constexpr size_t kGroup = 2 * kHalf;  // and its alignment
  static_assert(kCells * kLine == kHalf, "states and cells take the same room");

  // Of the state that `part` is a part of. The cells are no part of it: it may be const.
  explicit LeaseCells(const void* part) {
    const auto address = reinterpret_cast<uintptr_t>(part);
    const uintptr_t first =
        ((address & ~uintptr_t{kHalf - 1}) ^ kHalf) + address / kLine % kStates * sizeof(uint64_t);
    first_ = static_cast<char*>(const_cast<void*>(part)) + static_cast<ptrdiff_t>(first - address);
  }

  // By the thread of `slot`.
  void Add(const ThreadSlot& slot, uint64_t part) const {
    std::atomic<uint64_t>& cell = CellOf(slot);
    if (ABSL_PREDICT_TRUE(IsOwn(slot))) {
      cell.store(cell.load(std::memory_order_relaxed) + part, std::memory_order_relaxed);
    } else {
      cell.fetch_add(part, std::memory_order_relaxed);
    }
  }

  // Has the processor fetch the cell that Add() would write.
  void Fetch(const ThreadSlot& slot) const { __builtin_prefetch(&CellOf(slot)); }

  uint64_t Sum() const;

 private:
  static bool IsOwn(const ThreadSlot& slot) { return slot.number() < kOwn; }

  std::atomic<uint64_t>& CellOf(const ThreadSlot& slot) const {
    return Cell(ABSL_PREDICT_TRUE(IsOwn(slot)) ? slot.number() : kOwn + slot.number() % kShared);
  }

  std::atomic<uint64_t>& Cell(uint32_t i) const {
    // Own cells on every other line: processors fetch lines in pairs, and would share them so.
    const size_t line = i < kOwn ? 2 * size_t{i} : 2 * size_t{i - kOwn} + 1;
    return *reinterpret_cast<std::atomic<uint64_t>*>(first_ + line * kLine);
  }

  char* first_;
};

// How many leases an endpoint has, how many ended with a report, and whether it is owned: what
// keeps an EndpointState alive; it is a part of that. The count is kept in one word, or, so that
// picking threads do not wait for each other's cache line, in the threads' cells: the "percpu_ref"
// of the Linux kernel (K. Overstreet, 2013), with the epochs of published.h for RCU.
//
//   mode         leases begin and end in   the count is
//   one word     the word                  the word
//   cells        a cell; in the word, by   the word + the sum of the cells
//                a thread that is ending
//   unsettled    the word                  the word + the sum of the cells, which some thread that
//                                          still saw the mode before may be about to change
//
// UseCells() leads to cells. LeaveCells() leads to unsettled; a grace period later, Settle() moves
// the cells' sum into the word. The grace period is that of the table that is published after
// LeaveCells(): it is over when that table's predecessor is freed. Disown() of the last owner
// settles too, and must come that late: EndpointTable::Merge() leaves the cells of an endpoint that
// goes, before the table without it is published; the table before that one owns the endpoint, and
// is the last to.
//
// Why nobody counts in a cell after the grace period, and all who did are seen: cells are written
// in a ReadSection only, after a look at the mode in the same section. LeaveCells() and the look
// stand for the pointer in the proof of published.h: the writer changes the mode, moves the epoch
// on, passes the barrier, and looks at the slots; the reader notes the epoch in its slot, then
// looks at the mode. So either the reader sees the new mode and stays away from the cells, or the
// writer sees the slot, and waits until the section has ended: which it did with release, so that
// the writer sees the cells as the section left them, and they stand still from then on.
//
// Why the last one frees, and nobody else: while it is owned, the word holds kOwned, which the
// leases in it cannot make up for, though they may be below zero (ended here, begun in a cell).
// Disown() adds the cells' sum, and then takes kOwned away, when no cell changes any more and no
// pick can find the endpoint. From then on the word alone has all leases, they only end, and
// exactly one step leads to zero: Disown()'s, or the last lease's end.
//
// Cells are never reset, only their sum counts, modulo 2⁶⁴: so UseCells() takes what is in them out
// of the word, and a state may inherit the cells of one that is gone.
class LeaseCount {
 public:
  LeaseCount() = default;
  LeaseCount(const LeaseCount&) = delete;
  LeaseCount& operator=(const LeaseCount&) = delete;

  // Begins a lease. REQUIRES: in a read section of the calling thread, whose slot is `slot`, or
  // never in cells.
  void Begin(const ThreadSlot& slot) {
    if (ABSL_PREDICT_TRUE(IsInCells())) {
      cells().Add(slot, kOneLease);
    } else {
      word_.fetch_add(kOneLease, std::memory_order_relaxed);
    }
  }

  // The same, if fewer than `limit` are under way. Exact among all who call this.
  bool BeginBelow(uint32_t limit);

  // Has the processor fetch what Begin() would write in cells.
  void FetchCell(const ThreadSlot& slot) const { cells().Fetch(slot); }

  enum class Ending { kDropped, kReported };

  // Where a lease's end is counted. The word is right in each mode. Whoever knows that others count
  // there too says so, and is spared a look at the word: which, if another processor wrote it last,
  // would be one more way there before the one that takes it away.
  enum class Place { kCellIfInUse, kWord };

  // Ends a lease; true if it was the last hold on the endpoint, whose state must be destroyed then.
  // If false, the state may be gone.
  bool End(Ending ending, Place place) {
    const uint64_t part = (ending == Ending::kReported ? kOneReport : 0) - kOneLease;
    if (place == Place::kCellIfInUse && ABSL_PREDICT_TRUE(EndInCell(part))) return false;
    return Add(part);
  }

  uint32_t in_flight() const { return LeasesOf(Total()); }
  // The same without the cells: less where they count, but always one load.
  uint32_t in_flight_in_word() const { return LeasesOf(word_.load(std::memory_order_relaxed)); }
  // Modulo 2³².
  uint32_t reports() const { return static_cast<uint32_t>(Total() / kOneReport); }

  // Owners are counted apart, so that a table's copy costs no more than it must.
  void Own() { owners_.fetch_add(1, std::memory_order_relaxed); }
  // As End(). REQUIRES, of the last owner: a grace period has passed since LeaveCells(), or
  // UseCells() was never called.
  bool Disown();

  // The modes. One thread at a time, while it is owned.
  void UseCells();
  void LeaveCells();
  // REQUIRES: if it is unsettled, a grace period has passed since LeaveCells().
  void Settle();

 private:
  // The word: leases in the lowest 30 bits, above kOwned if it is owned and, for an instant, below;
  // the mode; reports in the high half, so that a report is one operation, not two.
  static constexpr uint64_t kOneLease = 1;
  static constexpr uint64_t kOwned = 1ull << 29;
  static constexpr uint64_t kLeases = (1ull << 30) - 1;
  static constexpr uint64_t kCellsCount = 1ull << 30;
  static constexpr uint64_t kInCells = 1ull << 31;
  static constexpr uint64_t kOneReport = 1ull << 32;

  LeaseCells cells() const { return LeaseCells(this); }
  bool IsInCells() const { return (word_.load(std::memory_order_seq_cst) & kInCells) != 0; }

  // False if the lease is to end in the word.
  bool EndInCell(uint64_t part) const {
    // Asked first without a section, which costs more: counting in the word is right in each mode.
    if ((word_.load(std::memory_order_relaxed) & kInCells) == 0) return false;
    ThreadSlot* const slot = ThreadSlot::OwnUnlessEnding();
    if (ABSL_PREDICT_FALSE(slot == nullptr)) return false;
    const ReadSection section(*slot);
    if (ABSL_PREDICT_FALSE(!IsInCells())) return false;
    cells().Add(*slot, part);
    return true;
  }

  // Adds to the word; true if nothing holds the endpoint any more.
  bool Add(uint64_t part) {
    // Release, so that what this holder did happens before the destruction; acquire, so that the
    // destruction happens after what all holders did.
    const uint64_t after = word_.fetch_add(part, std::memory_order_acq_rel) + part;
    return static_cast<uint32_t>(after) == 0;
  }

  static uint32_t LeasesOf(uint64_t total) {
    const int64_t leases = static_cast<int64_t>(total & kLeases) - static_cast<int64_t>(kOwned);
    return leases < 0 ? 0 : static_cast<uint32_t>(leases);  // below: read while it changed
  }
  uint64_t WithCells(uint64_t word) const {
    return ABSL_PREDICT_FALSE((word & kCellsCount) != 0) ? word + cells().Sum() : word;
  }
  uint64_t Total() const { return WithCells(word_.load(std::memory_order_relaxed)); }

  std::atomic<uint64_t> word_{kOwned};  // written as above
  std::atomic<uint32_t> owners_{0};     // written by EndpointRefs
};

}  // namespace nines
