// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/state_arena.h"

#include <bitset>
#include <new>
#include <utility>

namespace nines {

EndpointRef StateArena::Make(Endpoint endpoint, void* attachment,
                             std::shared_ptr<OutcomeListener> listener, uint32_t flags) {
  auto cold = std::make_unique<EndpointState::Cold>();
  cold->endpoint = std::move(endpoint);
  cold->attachment = attachment;
  cold->listener = std::move(listener);
  cold->arena = shared_from_this();
  return EndpointRef(new (TakeRoom()) EndpointState(std::move(cold), flags));
}

void StateArena::Destroy(EndpointState* state) {
  // Taken over first: they may be all that keeps the balancer and this arena alive.
  const std::shared_ptr<OutcomeListener> listener = state->cold_->listener;
  const std::shared_ptr<StateArena> arena = state->cold_->arena;
  state->~EndpointState();
  MutexLock lock(arena->mutex_);
  arena->free_.push_back(reinterpret_cast<Room*>(state));
}

void StateArena::Reserve(size_t count) {
  MutexLock lock(mutex_);
  if (free_.size() < count) AddSlabLocked(count);
}

StateArena::Room* StateArena::TakeRoom() {
  MutexLock lock(mutex_);
  if (free_.empty()) AddSlabLocked(kSmallSlab);
  Room* const room = free_.back();
  free_.pop_back();
  return room;
}

void StateArena::AddSlabLocked(size_t size) {
  const size_t groups = (size + LeaseCells::kStates - 1) / LeaseCells::kStates;
  groups_ += groups;
  free_.reserve(groups_ * LeaseCells::kStates);
  slabs_.push_back(std::unique_ptr<Group[]>(new Group[groups]));
  for (size_t i = groups; i > 0; --i) AddGroupLocked(slabs_.back()[i - 1]);
}

void StateArena::AddGroupLocked(Group& group) {
  // The parity of the address: each set of each cache gets as many states as cells.
  const auto address = reinterpret_cast<uintptr_t>(&group);
  const bool swaps = std::bitset<64>(address / LeaseCells::kGroup).count() % 2 != 0;
  unsigned char* const states = group.bytes.data() + (swaps ? LeaseCells::kHalf : 0);
  unsigned char* const cells = group.bytes.data() + (swaps ? 0 : LeaseCells::kHalf);
  for (size_t i = 0; i < LeaseCells::kCells; ++i) new (cells + i * LeaseCells::kLine) CellLine;
  for (size_t i = LeaseCells::kStates; i > 0; --i) {
    free_.push_back(reinterpret_cast<Room*>(states + (i - 1) * sizeof(Room)));
  }
}

}  // namespace nines
