// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <memory>
#include <vector>

#include "endpoints/endpoint_state.h"
#include "sync/mutex.h"

namespace nines {

// Where a balancer's endpoint states lie: side by side, in the order in which they were made. What
// the heap puts between them (names, records) would spread them over ten times the pages, and a
// random pick of 100,000 endpoints would wait for the page tables too: 70 ns instead of 35.
//
// Thread-safe. Lifetime: held by the balancer and by every state made here, so that it goes with
// the last lease. Cells of states that are gone are used again, and not given back before that.
class StateArena final : public std::enable_shared_from_this<StateArena> {
 public:
  StateArena() = default;
  StateArena(const StateArena&) = delete;
  StateArena& operator=(const StateArena&) = delete;

  // Makes room for `count` new states in one piece, which for many the kernel can back by large
  // pages.
  void Reserve(size_t count);

  // A new state. REQUIRES: this is held by a shared_ptr.
  EndpointRef Make(Endpoint endpoint, void* attachment, std::shared_ptr<OutcomeListener> listener,
                   uint32_t flags);

  // Destroys a state that was made here. Allocates nothing.
  static void Destroy(EndpointState* state);

 private:
  struct alignas(EndpointState) Cell {
    std::array<unsigned char, sizeof(EndpointState)> bytes;
  };

  // States that come without a reservation: few, one by one.
  static constexpr size_t kSmallSlab = 16;

  Cell* TakeCell();
  void AddSlabLocked(size_t size) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  size_t cells_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Cell[]>> slabs_ ABSL_GUARDED_BY(mutex_);
  std::vector<Cell*> free_ ABSL_GUARDED_BY(mutex_);  // has room for every cell; the next one last
};

}  // namespace nines
