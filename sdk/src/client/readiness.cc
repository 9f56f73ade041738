// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/readiness.h"

#include <utility>

namespace nines {

void Readiness::Wake(bool is_shutdown) {
  absl::flat_hash_map<const void*, Callback> subscribers;
  {
    MutexLock lock(mutex_);
    is_shut_down_ |= is_shutdown;
    ++changes_;
    changed_.NotifyAll();
    subscribers.swap(subscribers_);
  }
  for (auto& [waiter, callback] : subscribers) callback();
}

bool Readiness::Subscribe(const void* waiter, uint64_t seen, Callback callback) {
  MutexLock lock(mutex_);
  if (changes() != seen) return false;
  subscribers_[waiter] = std::move(callback);
  return true;
}

void Readiness::Unsubscribe(const void* waiter) {
  Callback removed;  // destroyed after the lock: it may hold the last of its call
  MutexLock lock(mutex_);
  const auto found = subscribers_.find(waiter);
  if (found == subscribers_.end()) return;
  removed = std::move(found->second);
  subscribers_.erase(found);
}

bool Readiness::is_shut_down() const {
  MutexLock lock(mutex_);
  return is_shut_down_;
}

size_t Readiness::subscribers() const {
  MutexLock lock(mutex_);
  return subscribers_.size();
}

bool Readiness::WaitForChange(uint64_t seen, absl::Time deadline) {
  MutexLock lock(mutex_);
  while (changes() == seen && !is_shut_down_) {
    if (deadline == absl::InfiniteFuture()) {
      changed_.Wait(mutex_);
      continue;
    }
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return changes() != seen;
}

void Readiness::SleepUntil(absl::Time moment) {
  MutexLock lock(mutex_);
  while (!is_shut_down_) {
    const absl::Duration left = moment - clock_.Now();
    if (left <= absl::ZeroDuration()) return;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
}

}  // namespace nines
