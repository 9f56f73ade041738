// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "nines/event_loop.h"

namespace nines {

/// The timers of one loop in the order in which they run: by time, then by age. Each operation is
/// O(log n).
///
/// libuv has timers too, one handle each. They may run a millisecond early, so that whoever
/// compares with the clock then finds that it is not yet time, and a handle is freed only after
/// another round of the loop. Here one libuv timer wakes the loop for the first of this queue.
///
/// Confined to the loop's thread.
class TimerQueue {
 public:
  /// Time and number: unique, and sorted as the timers run.
  using Key = std::pair<absl::Time, uint64_t>;

  Key Add(absl::Time time, EventLoop::Callback callback);

  /// Destroys the callback of a timer; one that has run or is running is passed over.
  void Cancel(const Key& key);

  /// When the first timer is due; nothing if there is none.
  std::optional<absl::Time> NextTime() const;

  /// The number that the next timer gets.
  uint64_t next_number() const { return next_number_; }

  /// Takes out the first timer if it is due at `now` and its number is below `end`. With `end` =
  /// next_number() from before a round, timers without delay that start one another wait for the
  /// next round, and do not keep the loop from all else.
  std::optional<EventLoop::Callback> TakeDue(absl::Time now, uint64_t end);

 private:
  std::map<Key, EventLoop::Callback> timers_;
  uint64_t next_number_ = 0;
};

}  // namespace nines
