// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "results.h"
#include "systems.h"

namespace nines::bench {

// Each measures all systems in turns, one round of every system before the next round of any, and
// each round begins with another: what the machine does besides hits all alike. The figure of a
// round is the median of its batches. All fill in the results.systems of
// the same index.

/// Pick; pick and drop; pick and report: at each of kSizes up to `max_size`.
absl::Status MeasurePicks(const std::vector<System>& systems, int rounds, size_t max_size,
                          Results& results);

/// One thread, and right after it two at once. A note says of which systems two threads never ran
/// at once, because the machine was too busy.
absl::Status MeasureTwoThreads(const std::vector<System>& systems, int rounds, Results& results);

/// One endpoint of kChangeSize that is out and back, by health and by membership; and the heap.
absl::Status MeasureChanges(const std::vector<System>& systems, int rounds, Results& results);

}  // namespace nines::bench
