// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "sync/mutex.h"

namespace nines {

// Timers that any thread may set and remove, on a loop whose own are its thread's. Most calls end
// long before their timer: setting one wakes the loop only if it is the earliest of all.
//
// Thread-safe. Held by shared_ptr; Stop() before the loop goes.
class CallTimers final : public std::enable_shared_from_this<CallTimers> {
 public:
  using Key = std::pair<absl::Time, uint64_t>;
  using Callback = absl::AnyInvocable<void()>;

  explicit CallTimers(EventLoop& loop) : loop_(loop) {}

  // Has `callback` called on the loop's thread, under no lock, at `at` or soon after.
  Key Set(absl::Time at, Callback callback);
  // False if it was called, is being called, or was removed.
  bool Remove(const Key& key);

  // Loop thread only. Drops all timers, and those to come.
  void Stop();

  // Timers that are set. For tests.
  size_t size() const;

 private:
  void Arm();
  void Fire();

  EventLoop& loop_;
  std::unique_ptr<EventLoop::Handle> armed_;  // loop thread only

  mutable Mutex mutex_;
  std::map<Key, Callback> timers_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  // For when the loop will wake, or has been asked to.
  absl::Time armed_for_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nines
