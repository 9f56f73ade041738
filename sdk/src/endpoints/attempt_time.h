// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"

namespace nines {

// An attempt that has less time than this share of what its endpoint typically takes does not end
// in time. Typically is a geometric mean, and no lower bound: the share errs towards trying.
inline constexpr double kHopelessShare = 0.25;

// Whether an attempt that has `time_left` may end in time where answers typically take
// `typical_latency` (zero: not known). The one rule for retries, with gRPC and without.
inline bool MayEndIn(absl::Duration time_left, absl::Duration typical_latency) {
  return time_left >= kHopelessShare * typical_latency;
}

}  // namespace nines
