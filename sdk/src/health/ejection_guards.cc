// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/ejection_guards.h"

#include "absl/strings/str_cat.h"

namespace nines {

bool EjectionGuards::MayEject(const EndpointState& state, const PoolCounts& counts,
                              size_t total) const {
  const bool is_healthy = HealthStateOf(state) == HealthState::kHealthy;
  if (counts.healthy() == (is_healthy ? 1u : 0u)) return false;  // no other would be left
  if ((state.flags() & EndpointState::kLame) != 0) return true;
  if (counts.out_by_outcomes() == 0) return max_ejection_percent_ > 0;
  return (counts.out_by_outcomes() + 1) * uint64_t{100} <= max_ejection_percent_ * uint64_t{total};
}

std::string EjectionGuards::WhyNot(const PoolCounts& counts, size_t total) const {
  return absl::StrCat(counts.out_by_outcomes(), " of ", total,
                      " endpoints are ejected already (at most ", max_ejection_percent_,
                      " % may be) and ", counts.healthy(), " are healthy");
}

}  // namespace nines
