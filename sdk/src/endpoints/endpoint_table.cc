// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_table.h"

#include <algorithm>
#include <utility>

namespace nines {

EndpointTable::Changes EndpointTable::Merge(const EndpointList& endpoints, MakeState make_state) {
  Changes changes;
  ++merges_;
  std::vector<std::shared_ptr<EndpointRecord>> records;
  records.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    const auto [slot, is_new] = by_address_.try_emplace(endpoint.address);
    if (is_new) {
      slot->second = std::make_shared<EndpointRecord>();
      slot->second->state = make_state(endpoint);
      changes.added.push_back(endpoint.address);
    }
    EndpointRecord& record = *slot->second;
    if (std::exchange(record.merged, merges_) == merges_) continue;  // a later duplicate
    records.push_back(slot->second);
    if (record.endpoint == endpoint) continue;
    changes.changed = true;
    record.endpoint = endpoint;
    record.state->set_weight(record.weight());
  }
  for (const auto& record : records_) {
    if (record->merged == merges_) continue;
    changes.removed.push_back(record);
    by_address_.erase(record->endpoint.address);
  }
  changes.changed |= !changes.removed.empty();
  records_ = std::move(records);
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
