// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "endpoints/endpoint_state.h"
#include "sync/mutex.h"

namespace nines {

// Where a balancer's endpoint states lie: side by side, in the order in which they were made. What
// the heap puts between them (names, records) would spread them over ten times the pages, and a
// random pick of 100,000 endpoints would wait for the page tables too: 70 ns instead of 35. With
// the states lie the cells of their leases: see LeaseCells, whose groups these are.
//
// Thread-safe. Lifetime: held by the balancer and by every state made here, so that it goes with
// the last lease. Places of states that are gone are used again, and not given back before that.
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

  // What one state takes, cells included.
  static constexpr size_t kBytesPerState = LeaseCells::kGroup / LeaseCells::kStates;

 private:
  struct alignas(EndpointState) Room {
    std::array<unsigned char, sizeof(EndpointState)> bytes;
  };
  struct alignas(LeaseCells::kLine) CellLine {
    std::array<std::atomic<uint64_t>, LeaseCells::kStates> cells{};
  };
  struct alignas(LeaseCells::kGroup) Group {
    std::array<unsigned char, LeaseCells::kGroup> bytes;
  };

  // States that come without a reservation: few, one by one.
  static constexpr size_t kSmallSlab = 16;

  Room* TakeRoom();
  void AddGroupLocked(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddSlabLocked(size_t size) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  size_t groups_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Group[]>> slabs_ ABSL_GUARDED_BY(mutex_);
  std::vector<Room*> free_ ABSL_GUARDED_BY(mutex_);  // can hold every room; the next one last
};

}  // namespace nines
