// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nines {

// A caller's deadline, read off the wall clock, on the clock that says `now`. The wall clock may
// have been stepped since the process began; only the distance counts. The wall clock is a
// parameter because no test can step it; a call without a deadline does not ask it.
inline absl::Time DeadlineOnClock(absl::Time deadline, absl::Time now,
                                  absl::FunctionRef<absl::Time()> wall_now = absl::Now) {
  if (deadline == absl::InfiniteFuture()) return deadline;
  return now + (deadline - wall_now());
}

}  // namespace nines
