// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "balancing/tier_loads.h"
#include "endpoints/endpoint_state.h"
#include "endpoints/endpoint_table.h"
#include "key_hash.h"
#include "nines/config.h"
#include "nines/policy.h"

namespace nines {

// What picks read: the known endpoints and the policy's order over them. Immutable but for the few
// numbers that health moves; replaced as a whole when the set of endpoints, a weight, the policy or
// the config changes, never for health.
struct PickTable {
  // Endpoints that are used before those of the tiers after it.
  struct Tier {
    std::vector<EndpointRef> endpoints;  // candidates are indexes into this
    std::unique_ptr<const CandidateTable> candidates;
    uint32_t candidate_limit = 0;
    uint32_t number = 0;  // Endpoint::tier of its endpoints

    // Written by the control plane as health changes, read by picks; each for itself, as any
    // mixture of old and new is good enough for one call.
    mutable std::atomic<uint32_t> load_end{UINT32_MAX};  // calls that draw up to here begin here
    mutable std::atomic<uint64_t> usable_weight{0};      // for bounded load
    mutable std::atomic<bool> looks_ahead{false};        // so many are out of use that it pays
  };

  explicit PickTable(size_t tier_count) : tiers(tier_count) {}

  // Whether a first attempt has to look at flags and shares only: one tier, and no limits.
  bool IsPlain() const;

  // Publishes how health has changed the tiers. REQUIRES: counts of these tiers; one writer.
  void SetTiers(absl::Span<const TierCount> counts, double overprovisioning_factor) const;

  std::vector<Tier> tiers;  // at least one; in the order of their numbers
  Policy::SeedSource seed_source = Policy::SeedSource::kRandom;
  uint32_t choices = 1;                              // candidates compared, at most kMaxChoices
  uint32_t max_in_flight = EndpointState::kNoLimit;  // per endpoint
  bool is_plain = false;                             // IsPlain(), once it is built
  bool is_load_bounded = false;
  bool fetches_ahead = false;     // for each pick what one of the thread's next will read
  bool uses_lease_cells = false;  // for its leases; where calls in flight are read, it does not
  double bounded_load = 0;        // × the mean
  KeyHasher key_hasher{{}};
};

// A table that has all but the policy's order, and what that is computed from.
struct PickTableDraft {
  std::unique_ptr<PickTable> table;
  std::vector<EndpointList> endpoints;  // of each tier
  std::shared_ptr<const Policy> policy;
  uint64_t version = 0;  // of what the balancer knew; the next one has a higher number
};

// A draft of `endpoints` as they are now. O(n).
PickTableDraft DraftPickTable(const EndpointTable& endpoints, std::shared_ptr<const Policy> policy,
                              const BalancerConfig& config);

// Whatever the policy's construction costs: at 10,000 endpoints, ten times the draft.
std::unique_ptr<const PickTable> BuildPickTable(PickTableDraft draft);

}  // namespace nines
