// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "balancing/tier_loads.h"
#include "endpoints/endpoint_table.h"
#include "nines/endpoint.h"

namespace nines {

// The state each endpoint is in, from its flags: the one place that says so.
HealthState HealthStateOf(const EndpointState& state);

// The same without regard to what a person took out of service.
HealthState StateByHealth(uint32_t flags);

// How many endpoints of the table are in which condition, kept up to date by each change, so that
// the guards need not walk the table.
//
// Whom a person took out of service counts nowhere but as a loss of its tier, whose capacity it
// was: of ten endpoints, six that are drained are no reason for panic about the other four.
//
// Who is lame and not well counts nowhere at all: the resolver says that it is gone, and so does
// its health. Nobody is lost with it, and no guard keeps it in use.
//
// Thread-compatible; the balancer's lock guards it. O(1) a change.
class PoolCounts {
 public:
  // The endpoint came to the table, or is to leave it. It counts in its tier from the next
  // RecountTiers() on.
  void Add(const EndpointState& state) { Count(state, 1); }
  void Remove(const EndpointState& state) { Count(state, -1u); }

  // Sets and clears flags of an endpoint that is counted.
  void ChangeFlags(const EndpointRecord& record, uint32_t set, uint32_t clear);

  // After the set, a weight or a tier changed. O(n).
  void RecountTiers(const EndpointTable& table);

  // Known, and not taken out: what shares of endpoints are shares of.
  uint32_t in_service() const { return in_service_; }
  uint32_t healthy() const { return healthy_; }
  // Ejected, or on trial after it: what the cap of ejections counts.
  uint32_t out_by_outcomes() const { return out_by_outcomes_; }
  // Ejected, probe failed or connection failed: what panic counts.
  uint32_t unhealthy() const { return unhealthy_; }
  // In the order of EndpointRecord::tier; usable is who is in service and not unhealthy.
  absl::Span<const TierCount> tiers() const { return tiers_; }

 private:
  void Count(const EndpointState& state, uint32_t step);
  void CountInTier(const EndpointRecord& record, uint32_t step);

  // Unsigned arithmetic wraps, so a step of -1 is well defined.
  uint32_t in_service_ = 0;
  uint32_t healthy_ = 0;
  uint32_t out_by_outcomes_ = 0;
  uint32_t unhealthy_ = 0;
  std::vector<TierCount> tiers_;
};

}  // namespace nines
