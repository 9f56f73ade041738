// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/pick_table.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace nines {

bool PickTable::IsPlain() const {
  return tiers.size() == 1 && max_in_flight == EndpointState::kNoLimit && !is_load_bounded;
}

void PickTable::SetTiers(absl::Span<const TierCount> counts, double overprovisioning_factor) const {
  for (size_t i = 0; i < tiers.size(); ++i) {
    tiers[i].usable_weight.store(counts[i].usable_weight, std::memory_order_relaxed);
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

std::unique_ptr<const PickTable> BuildPickTable(const EndpointTable& endpoints,
                                                const Policy& policy,
                                                const BalancerConfig& config) {
  auto table = std::make_unique<PickTable>(endpoints.tier_count());
  std::vector<EndpointList> lists(endpoints.tier_count());
  for (const auto& record : endpoints.records()) {
    lists[record->tier].push_back(record->endpoint);
    lists[record->tier].back().weight = record->weight();
    table->tiers[record->tier].endpoints.push_back(record->state);
    table->tiers[record->tier].number = record->endpoint.tier;
  }
  for (size_t i = 0; i < lists.size(); ++i) {
    table->tiers[i].candidates = policy.BuildTable(lists[i]);
    table->tiers[i].candidate_limit = table->tiers[i].candidates->candidate_limit();
  }
  table->seed_source = policy.seed_source();
  table->choices = std::min(policy.choices(), kMaxChoices);
  if (config.max_in_flight_per_endpoint != 0) {
    table->max_in_flight = config.max_in_flight_per_endpoint;
  }
  if (const auto* hash = std::get_if<HashConfig>(&config.algorithm)) {
    table->is_load_bounded = hash->bounded_load.has_value();
    table->bounded_load = hash->bounded_load.value_or(0);
    table->key_hasher = KeyHasher(hash->keys);
  }
  table->is_plain = table->IsPlain();
  return table;
}

}  // namespace nines
