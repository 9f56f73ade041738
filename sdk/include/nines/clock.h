// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"

namespace nines {

/// Where every part of nines reads the time, so that tests can turn it by hand.
/// Thread-safe. Outlives whatever holds a reference to it.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time now. Never goes backwards and never jumps: health verdicts and deadlines are computed
  /// from differences of it.
  virtual absl::Time Now() const = 0;
};

/// The clock of the running process: the wall clock's reading when it was first asked, advanced by
/// the monotonic clock. A later step of the wall clock (NTP, an operator) does not move it.
const Clock& ProcessClock();

}  // namespace nines
