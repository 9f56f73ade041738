// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "timer_queue.h"

namespace nines {

TimerQueue::Key TimerQueue::Add(absl::Time time, EventLoop::Callback callback) {
  const Key key(time, next_number_++);
  timers_.emplace(key, std::move(callback));
  return key;
}

void TimerQueue::Cancel(const Key& key) {
  // Taken out before it is destroyed: what the callback owns may cancel other timers as it goes.
  const auto timer = timers_.extract(key);
}

std::optional<absl::Time> TimerQueue::NextTime() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

std::optional<EventLoop::Callback> TimerQueue::TakeDue(absl::Time now, uint64_t end) {
  if (timers_.empty()) return std::nullopt;
  const auto& [time, number] = timers_.begin()->first;
  if (time > now || number >= end) return std::nullopt;
  return std::move(timers_.extract(timers_.begin()).mapped());
}

}  // namespace nines
