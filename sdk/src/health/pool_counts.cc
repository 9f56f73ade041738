// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/pool_counts.h"

namespace nines {
namespace {

// The flags that make an endpoint count as lost for panic.
constexpr uint32_t kUnhealthyFlags =
    EndpointState::kEjected | EndpointState::kProbeFailed | EndpointState::kConnectFailed;

// On trial too: it has not proved yet that it is there.
bool IsGone(uint32_t flags) {
  return (flags & EndpointState::kLame) != 0 &&
         (flags & (kUnhealthyFlags | EndpointState::kTrial)) != 0;
}

}  // namespace

HealthState HealthStateOf(const EndpointState& state) {
  const uint32_t flags = state.flags();
  if ((flags & EndpointState::kDisabled) != 0) return HealthState::kDisabled;
  if ((flags & EndpointState::kDraining) != 0) return HealthState::kDraining;
  return StateByHealth(flags);
}

HealthState StateByHealth(uint32_t flags) {
  if ((flags & EndpointState::kNotConnected) != 0) return HealthState::kConnecting;
  if ((flags & (EndpointState::kEjected | EndpointState::kProbeFailed)) != 0) {
    return HealthState::kEjected;
  }
  if ((flags & EndpointState::kTrial) != 0) return HealthState::kDegraded;
  return HealthState::kHealthy;
}

void PoolCounts::ChangeFlags(const EndpointRecord& record, uint32_t set, uint32_t clear) {
  EndpointState& state = *record.state;
  Count(state, -1u);
  CountInTier(record, -1u);
  state.SetFlags(set);
  state.ClearFlags(clear);
  Count(state, 1);
  CountInTier(record, 1);
}

void PoolCounts::RecountTiers(const EndpointTable& table) {
  tiers_.assign(table.tier_count(), TierCount());
  for (const auto& record : table.records()) CountInTier(*record, 1);
}

void PoolCounts::Count(const EndpointState& state, uint32_t step) {
  const uint32_t flags = state.flags();
  if ((flags & EndpointState::kTakenOutFlags) != 0 || IsGone(flags)) return;
  in_service_ += step;
  if (StateByHealth(flags) == HealthState::kHealthy) healthy_ += step;
  if ((flags & (EndpointState::kEjected | EndpointState::kTrial)) != 0) out_by_outcomes_ += step;
  if ((flags & kUnhealthyFlags) != 0) unhealthy_ += step;
}

void PoolCounts::CountInTier(const EndpointRecord& record, uint32_t step) {
  constexpr uint32_t kUnusable = kUnhealthyFlags | EndpointState::kTakenOutFlags;
  // A record may be new to the table, whose tiers are counted after it was merged.
  const uint32_t flags = record.state->flags();
  if (record.tier >= tiers_.size() || IsGone(flags)) return;
  TierCount& tier = tiers_[record.tier];
  tier.known += step;
  if ((flags & kUnusable) != 0) return;
  tier.usable += step;
  // A step of -1u wraps in the 32 bits above, and is -1 in the 64 bits here.
  tier.usable_weight += static_cast<int32_t>(step) * int64_t{record.state->weight()};
}

}  // namespace nines
