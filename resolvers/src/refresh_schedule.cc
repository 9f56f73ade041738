// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refresh_schedule.h"

#include <algorithm>
#include <cmath>

namespace nines {

absl::Duration RefreshSchedule::AfterAnswer(absl::Duration ttl, double unit) {
  failures_ = 0;
  return WithinTtl(ttl, unit);
}

absl::Duration RefreshSchedule::AfterFailure(double unit) {
  // pow() of a large number of failures is infinite, and min() brings that back.
  const absl::Duration backoff =
      std::min(options_.initial_backoff * std::pow(options_.backoff_multiplier, failures_),
               options_.max_backoff);
  ++failures_;
  return backoff * (1 + options_.backoff_jitter_ratio * (2 * unit - 1));
}

absl::Duration RefreshSchedule::AfterPartialAnswer(absl::Duration ttl, double unit) {
  return std::min(WithinTtl(ttl, unit), AfterFailure(unit));
}

absl::Duration RefreshSchedule::WithinTtl(absl::Duration ttl, double unit) const {
  // Through a caching server, early means that the rest of the cached TTL comes back: a few lookups
  // at ever shorter distance around its end, of which min_ttl bounds the number.
  return std::clamp(ttl, options_.min_ttl, options_.max_ttl) * (1 - options_.jitter_ratio * unit);
}

}  // namespace nines
