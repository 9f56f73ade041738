// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/notifier.h"

#include <utility>

namespace nines {

Notifier::Notifier(std::string target, std::shared_ptr<Observer> observer,
                   absl::AnyInvocable<void()> on_pickable)
    : target_(std::move(target)),
      observer_(std::move(observer)),
      on_pickable_(std::move(on_pickable)) {}

void Notifier::QueueEvent(Event event) {
  if (observer_ == nullptr) return;
  event.target = target_;
  MutexLock lock(mutex_);
  if (!is_stopped_) events_.push_back(std::move(event));
}

void Notifier::QueuePickable() {
  MutexLock lock(mutex_);
  is_pickable_queued_ = !is_stopped_;
}

void Notifier::Deliver() {
  mutex_.Lock();
  if (deliverer_ != std::thread::id()) {
    mutex_.Unlock();
    return;
  }
  deliverer_ = std::this_thread::get_id();
  while (!events_.empty() || is_pickable_queued_) {
    if (events_.empty()) {
      is_pickable_queued_ = false;
      mutex_.Unlock();
      if (on_pickable_) on_pickable_();
    } else {
      const Event event = std::move(events_.front());
      events_.pop_front();
      mutex_.Unlock();
      observer_->OnEvent(event);
    }
    mutex_.Lock();
  }
  deliverer_ = std::thread::id();
  idle_.NotifyAll();
  mutex_.Unlock();
}

void Notifier::Stop() {
  MutexLock lock(mutex_);
  is_stopped_ = true;
  events_.clear();
  is_pickable_queued_ = false;
  while (deliverer_ != std::thread::id() && deliverer_ != std::this_thread::get_id()) {
    idle_.Wait(mutex_);
  }
}

}  // namespace nines
