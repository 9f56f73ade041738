// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_table.h"

#include <algorithm>
#include <utility>

namespace nines {

EndpointTable::Changes EndpointTable::Merge(const EndpointList& endpoints, MakeState make_state) {
  Changes changes;
  std::vector<std::shared_ptr<EndpointRecord>> records;
  absl::flat_hash_map<std::string, std::shared_ptr<EndpointRecord>> by_address;
  records.reserve(endpoints.size());
  by_address.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    const auto [slot, is_first] = by_address.try_emplace(endpoint.address);
    if (!is_first) continue;
    const auto known = by_address_.find(endpoint.address);
    if (known != by_address_.end()) {
      slot->second = known->second;
      changes.changed |= slot->second->endpoint != endpoint;
    } else {
      slot->second = std::make_shared<EndpointRecord>();
      slot->second->state = make_state(endpoint);
      changes.added.push_back(endpoint.address);
    }
    slot->second->endpoint = endpoint;
    slot->second->state->set_weight(endpoint.weight);
    records.push_back(slot->second);
  }
  for (const auto& record : records_) {
    if (!by_address.contains(record->endpoint.address)) changes.removed.push_back(record);
  }
  changes.changed |= !changes.added.empty() || !changes.removed.empty();
  records_ = std::move(records);
  by_address_ = std::move(by_address);
  NumberTiers();
  return changes;
}

// Tiers are few and may have any numbers (SRV priorities): only their order counts.
void EndpointTable::NumberTiers() {
  std::vector<uint32_t> tiers;
  for (const auto& record : records_) {
    const auto place = std::lower_bound(tiers.begin(), tiers.end(), record->endpoint.tier);
    if (place == tiers.end() || *place != record->endpoint.tier) {
      tiers.insert(place, record->endpoint.tier);
    }
  }
  for (const auto& record : records_) {
    const auto place = std::lower_bound(tiers.begin(), tiers.end(), record->endpoint.tier);
    record->tier = static_cast<uint32_t>(place - tiers.begin());
  }
  tier_count_ = std::max(static_cast<uint32_t>(tiers.size()), 1u);
}

EndpointRecord* EndpointTable::Find(absl::string_view address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second.get();
}

}  // namespace nines
