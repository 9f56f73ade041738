// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"

namespace nines::bench {

/// Timers on an event loop of their own and nothing besides: what this machine, as busy as it is,
/// makes of a timer. Whatever waits for a timer of that kind cannot do better. Thread-safe.
class BareTimers {
 public:
  /// Sets one that goes off after `delay`.
  void Set(absl::Duration delay);

  /// Waits for all that were set: how long each took, in milliseconds.
  std::vector<double> Take();

 private:
  std::mutex mutex_;
  int running_ = 0;                   // guarded by mutex_
  std::vector<double> milliseconds_;  // likewise
  // Last: its thread uses the others.
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
};

}  // namespace nines::bench
