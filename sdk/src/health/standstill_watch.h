// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"

namespace nines {

// Knows when this process, or its machine, last stood still: a timer of the event loop came far
// later than it was due. What timed out meanwhile proves nothing of any endpoint.
//
// A value; thread-compatible. O(1).
class StandstillWatch {
 public:
  // A timer is due then; InfiniteFuture: none.
  void Expect(absl::Time due) { due_ = due; }

  // The timer came; none is expected until Expect(). Whether the time before it was watched: not if
  // no timer was expected, or if it came so late that the process stood still.
  bool OnTimer(absl::Time now);

  // How much of the time from `begin` to `now` the process stood still: in its latest standstill,
  // or in the one that is ending, whose timer has not come yet.
  absl::Duration Within(absl::Time begin, absl::Time now) const;

 private:
  bool IsLate(absl::Time now) const;

  absl::Time due_ = absl::InfiniteFuture();
  absl::Time begin_ = absl::InfinitePast();  // of the latest standstill
  absl::Time end_ = absl::InfinitePast();
};

}  // namespace nines
