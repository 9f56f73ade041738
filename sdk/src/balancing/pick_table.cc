// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/pick_table.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace nines {

namespace {

// Looking at two candidates at once costs each call some 4 ns, and a wrong guess about the first
// costs some 20: from here on it pays.
constexpr double kLookAheadRatio = 0.15;

bool IsLookingAheadWorth(const TierCount& tier) {
  return tier.known - tier.usable > kLookAheadRatio * tier.known;
}

}  // namespace

bool PickTable::IsPlain() const {
  return tiers.size() == 1 && max_in_flight == EndpointState::kNoLimit && !is_load_bounded;
}

void PickTable::SetTiers(absl::Span<const TierCount> counts, double overprovisioning_factor) const {
  for (size_t i = 0; i < tiers.size(); ++i) {
    tiers[i].usable_weight.store(counts[i].usable_weight, std::memory_order_relaxed);
    tiers[i].looks_ahead.store(IsLookingAheadWorth(counts[i]), std::memory_order_relaxed);
  }
  if (tiers.size() == 1) return;  // its load_end stays at the end
  const TierLoads loads = ComputeTierLoads(counts, overprovisioning_factor);
  double end = 0;
  for (size_t i = 0; i < tiers.size(); ++i) {
    end = std::min(1.0, end + loads[i]);
    tiers[i].load_end.store(static_cast<uint32_t>(std::round(end * UINT32_MAX)),
                            std::memory_order_relaxed);
  }
}

namespace {

// What the config says, but for the policy's order.
void Configure(PickTable& table, const Policy& policy, const BalancerConfig& config) {
  table.seed_source = policy.seed_source();
  table.choices = std::min(policy.choices(), kMaxChoices);
  if (config.max_in_flight_per_endpoint != 0) {
    table.max_in_flight = config.max_in_flight_per_endpoint;
  }
  if (const auto* hash = std::get_if<HashConfig>(&config.algorithm)) {
    table.is_load_bounded = hash->bounded_load.has_value();
    table.bounded_load = hash->bounded_load.value_or(0);
    table.key_hasher = KeyHasher(hash->keys);
  }
  table.is_plain = table.IsPlain();
  table.uses_lease_cells = table.choices == 1 && !table.is_load_bounded &&
                           table.max_in_flight == EndpointState::kNoLimit;
}

// Endpoints from which on picks have the memory of calls to come fetched. Their states and cells,
// 2 MiB, are then more than most second caches hold. Below, it costs a pick as much as it saves
// (docs/decisions/pick-limits.md).
constexpr size_t kMinToFetchAhead = 1 << 14;

// Whose next seed is known before the call.
bool IsSeedKnownAhead(const PickTable& table) {
  return table.seed_source != Policy::SeedSource::kHashKey;
}

// What a policy may look at. Zone and attributes stay behind: copies of them only cost time.
Endpoint RoutingPart(const EndpointRecord& record) {
  const Endpoint& endpoint = record.endpoint;
  return {endpoint.address, record.weight(), endpoint.hash_key, endpoint.tier};
}

// The usual case is one tier, which needs room for all.
void Reserve(const EndpointTable& endpoints, PickTableDraft& draft) {
  if (endpoints.tier_count() > 1) return;
  draft.endpoints[0].reserve(endpoints.size());
  draft.table->tiers[0].endpoints.reserve(endpoints.size());
}

}  // namespace

PickTableDraft DraftPickTable(const EndpointTable& endpoints, std::shared_ptr<const Policy> policy,
                              const BalancerConfig& config) {
  PickTableDraft draft;
  draft.table = std::make_unique<PickTable>(endpoints.tier_count());
  draft.endpoints.resize(endpoints.tier_count());
  Reserve(endpoints, draft);
  for (const auto& record : endpoints.records()) {
    draft.endpoints[record->tier].push_back(RoutingPart(*record));
    draft.table->tiers[record->tier].endpoints.push_back(record->state);
    draft.table->tiers[record->tier].number = record->endpoint.tier;
  }
  Configure(*draft.table, *policy, config);
  draft.table->fetches_ahead =
      endpoints.size() >= kMinToFetchAhead && IsSeedKnownAhead(*draft.table);
  draft.policy = std::move(policy);
  return draft;
}

std::unique_ptr<const PickTable> BuildPickTable(PickTableDraft draft) {
  for (size_t i = 0; i < draft.endpoints.size(); ++i) {
    PickTable::Tier& tier = draft.table->tiers[i];
    tier.candidates = draft.policy->BuildTable(draft.endpoints[i]);
    tier.candidate_limit = tier.candidates->candidate_limit();
  }
  return std::move(draft.table);
}

}  // namespace nines
