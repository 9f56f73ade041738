// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "absl/time/time.h"

namespace nines::demo {

/// Turns SIGINT, SIGTERM and SIGHUP into something to wait for, so that the program ends in its own
/// order and no code runs inside a signal handler.
///
/// Make it first of all: the signals stay blocked in this thread and in every thread started later.
/// Thread-compatible.
class SignalWatcher {
 public:
  SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  ~SignalWatcher();

  /// The number of a signal that arrived, now or within `timeout`.
  std::optional<int> WaitFor(absl::Duration timeout);

 private:
  const int fd_;
};

}  // namespace nines::demo
