// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/call_timers.h"

#include <vector>

namespace nines {

CallTimers::Key CallTimers::Set(absl::Time at, Callback callback) {
  Key key;
  {
    MutexLock lock(mutex_);
    key = {at, ++last_id_};
    if (is_stopped_) return key;
    timers_.emplace(key, std::move(callback));
    if (at >= armed_for_) return key;
    armed_for_ = at;
  }
  loop_.Post([weak = weak_from_this()] {
    if (const std::shared_ptr<CallTimers> self = weak.lock()) self->Arm();
  });
  return key;
}

bool CallTimers::Remove(const Key& key) {
  Callback removed;  // destroyed after the lock: it may hold the last of a call
  MutexLock lock(mutex_);
  const auto found = timers_.find(key);
  if (found == timers_.end()) return false;
  removed = std::move(found->second);
  timers_.erase(found);
  return true;
}

void CallTimers::Stop() {
  armed_.reset();
  std::map<Key, Callback> dropped;
  MutexLock lock(mutex_);
  is_stopped_ = true;
  dropped.swap(timers_);
}

size_t CallTimers::size() const {
  MutexLock lock(mutex_);
  return timers_.size();
}

void CallTimers::Arm() {
  absl::Time at;
  {
    MutexLock lock(mutex_);
    at = timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
    armed_for_ = at;
    if (is_stopped_) return;
  }
  if (at == absl::InfiniteFuture()) {
    armed_.reset();
    return;
  }
  armed_ = loop_.RunAfter(at - loop_.clock().Now(), [weak = weak_from_this()] {
    if (const std::shared_ptr<CallTimers> self = weak.lock()) self->Fire();
  });
}

void CallTimers::Fire() {
  const absl::Time now = loop_.clock().Now();
  std::vector<Callback> due;
  {
    MutexLock lock(mutex_);
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      due.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }
  for (Callback& callback : due) callback();
  Arm();
}

}  // namespace nines
