// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/state_arena.h"

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
  return EndpointRef(new (TakeCell()) EndpointState(std::move(cold), flags));
}

void StateArena::Destroy(EndpointState* state) {
  // Taken over first: they may be all that keeps the balancer and this arena alive.
  const std::shared_ptr<OutcomeListener> listener = state->cold_->listener;
  const std::shared_ptr<StateArena> arena = state->cold_->arena;
  state->~EndpointState();
  MutexLock lock(arena->mutex_);
  arena->free_.push_back(reinterpret_cast<Cell*>(state));
}

void StateArena::Reserve(size_t count) {
  MutexLock lock(mutex_);
  if (free_.size() < count) AddSlabLocked(count);
}

StateArena::Cell* StateArena::TakeCell() {
  MutexLock lock(mutex_);
  if (free_.empty()) AddSlabLocked(kSmallSlab);
  Cell* const cell = free_.back();
  free_.pop_back();
  return cell;
}

void StateArena::AddSlabLocked(size_t size) {
  cells_ += size;
  free_.reserve(cells_);
  slabs_.push_back(std::unique_ptr<Cell[]>(new Cell[size]));
  for (size_t i = size; i > 0; --i) free_.push_back(&slabs_.back()[i - 1]);
}

}  // namespace nines
