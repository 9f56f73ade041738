// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/lease_count.h"

#include <cassert>

namespace nines {

// Out of line: seldom needed, and in a walk the loop would take the registers of what is.
uint64_t LeaseCells::Sum() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kCells; ++i) sum += Cell(i).load(std::memory_order_relaxed);
  return sum;
}

bool LeaseCount::BeginBelow(uint32_t limit) {
  uint64_t word = word_.load(std::memory_order_relaxed);
  do {
    if (LeasesOf(WithCells(word)) >= limit) return false;
  } while (!word_.compare_exchange_weak(word, word + kOneLease, std::memory_order_relaxed));
  return true;
}

bool LeaseCount::Disown() {
  // As in Add(): what the other owners did happens before the last one goes.
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
  assert(!IsInCells());
  Settle();
  return Add(-kOwned);
}

void LeaseCount::UseCells() {
  const uint64_t word = word_.load(std::memory_order_relaxed);
  if ((word & kInCells) != 0) return;
  const uint64_t sum = (word & kCellsCount) != 0 ? 0 : cells().Sum();
  word_.fetch_add((kInCells | kCellsCount) - (word & kCellsCount) - sum, std::memory_order_relaxed);
}

void LeaseCount::LeaveCells() {
  // Asked first: an update of many endpoints that count in their words writes none of them.
  if (IsInCells()) word_.fetch_and(~kInCells, std::memory_order_seq_cst);
}

void LeaseCount::Settle() {
  const uint64_t word = word_.load(std::memory_order_relaxed);
  if ((word & (kInCells | kCellsCount)) != kCellsCount) return;
  word_.fetch_add(cells().Sum() - kCellsCount, std::memory_order_relaxed);
}

}  // namespace nines
