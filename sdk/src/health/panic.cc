// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/panic.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "health/make_event.h"

namespace nines {

std::optional<Event> Panic::Update(const PoolCounts& counts, absl::Time now) {
  const bool was_on = std::exchange(is_on_, IsDue(counts));
  if (was_on == is_on_) return std::nullopt;
  return MakeEvent(
      is_on_ ? Event::Kind::kPanicEntered : Event::Kind::kPanicLeft,
      absl::StrCat(counts.in_service() - counts.unhealthy(), " of ", counts.in_service(),
                   " endpoints are healthy, the threshold is ", config_.threshold_percent, " %",
                   !is_on_        ? ""
                   : FailsCalls() ? ": calls fail"
                                  : ": health is ignored"),
      now);
}

uint32_t Panic::pick_mask() const {
  if (!is_on_) return EndpointState::kHardFlags | EndpointState::kHealthFlags;
  return FailsCalls() ? uint32_t{EndpointState::kKnown} : EndpointState::kHardFlags;
}

bool Panic::IsDue(const PoolCounts& counts) const {
  const uint64_t total = counts.in_service();
  const uint64_t usable = total - counts.unhealthy();
  if (total == 0 || usable * 100 >= config_.threshold_percent * total) return false;
  // As long as the tiers together have room for all calls, losing one of them is no reason.
  return counts.tiers().size() < 2 || !IsWhole(counts.tiers(), tier_overprovisioning_factor_);
}

}  // namespace nines
