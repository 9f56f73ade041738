// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "nines/observer.h"
#include "sync/mutex.h"

namespace nines {

// Brings events and "pickable" wake-ups out to user code: in the order they were queued, one at a
// time, and never under a lock. Queue while holding any lock, Deliver after letting go of it.
//
// Thread-safe.
class Notifier {
 public:
  Notifier(std::string target, std::shared_ptr<Observer> observer,
           absl::AnyInvocable<void()> on_pickable);

  // Whether anybody hears of events.
  bool has_observer() const { return observer_ != nullptr; }

  void QueueEvent(Event event);
  void QueuePickable();

  // Calls out for everything queued, unless another thread is doing so already: then that thread
  // does this as well.
  void Deliver();

  // Drops what is queued and waits for the call under way, unless this is it. No call follows.
  void Stop();

 private:
  const std::string target_;
  const std::shared_ptr<Observer> observer_;
  absl::AnyInvocable<void()> on_pickable_;  // called by the delivering thread only

  Mutex mutex_;
  CondVar idle_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
  bool is_pickable_queued_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id deliverer_ ABSL_GUARDED_BY(mutex_);  // default: nobody
};

}  // namespace nines
