// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/standstill_watch.h"

#include <algorithm>
#include <utility>

namespace nines {
namespace {

// Later than this is no jitter of a timer. Busy machines delay a thread by some milliseconds; the
// pauses that end in timeouts take a hundred and more.
constexpr absl::Duration kLeastStandstill = absl::Milliseconds(20);

}  // namespace

bool StandstillWatch::IsLate(absl::Time now) const { return now - due_ > kLeastStandstill; }

bool StandstillWatch::OnTimer(absl::Time now) {
  const bool is_late = IsLate(now);
  const absl::Time due = std::exchange(due_, absl::InfiniteFuture());
  if (is_late) {
    begin_ = due;
    end_ = now;
  }
  return due != absl::InfiniteFuture() && !is_late;
}

absl::Duration StandstillWatch::Within(absl::Time begin, absl::Time now) const {
  const absl::Time from = IsLate(now) ? due_ : begin_;
  const absl::Time to = IsLate(now) ? now : end_;
  return std::max(std::min(to, now) - std::max(from, begin), absl::ZeroDuration());
}

}  // namespace nines
