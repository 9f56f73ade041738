// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace nines {

// How many ejected endpoints go on trial at once when their times are over, which for those of one
// outage is at about the same moment. A trial is a call that is risked: if the service is still
// down, as many first attempts would fail together as endpoints were out, and their retries would
// use up the budget of all.
//
// So few begin in a first step, and twice as many in each next one unless a trial has failed: a
// thousand endpoints of a service that is back are on trial within a second, and of one that stays
// down forty calls a second are risked at most. What load the returned endpoints get is not for
// this: below its threshold panic spreads it over all of them, and slow start raises it.
//
// A value; thread-compatible. O(1).
class ReturnThrottle {
 public:
  // Whether one more may go on trial now.
  bool TryBegin(absl::Time now);

  // A trial has failed: the next step begins small.
  void OnTrialFailed() { has_failed_ = true; }

  // When to ask again after a no.
  absl::Time next_step() const;

 private:
  void BeginStep(absl::Time now);

  absl::Time step_begin_ = absl::InfinitePast();
  uint32_t allowed_ = 0;  // in this step
  uint32_t begun_ = 0;    // in this step
  bool has_failed_ = false;
};

}  // namespace nines
