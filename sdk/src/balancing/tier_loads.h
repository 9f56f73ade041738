// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace nines {

// What a tier has.
struct TierCount {
  uint32_t known = 0;
  uint32_t usable = 0;         // of these, in service and neither ejected nor failed
  uint64_t usable_weight = 0;  // of the usable
};

// Few pools have more tiers than that; those allocate when an endpoint's health changes.
using TierLoads = absl::InlinedVector<double, 8>;

// How healthy a tier is, 0 to 1: min(1, overprovisioning_factor × usable / known). Up to a loss
// that the factor covers, a tier is as good as whole.
double TierHealth(const TierCount& tier, double overprovisioning_factor);

// Whether the tiers together are whole: then there is somewhere for every call, and no panic.
bool IsWhole(absl::Span<const TierCount> tiers, double overprovisioning_factor);

// Which share of the calls begins in which tier: Envoy's priority levels. Each tier takes as much
// as it is healthy, of what those before it leave; if all together are not whole, what they have is
// scaled up to 1. With nobody usable, calls spread over the tiers as the known endpoints do.
// The loads sum up to 1, but for rounding. O(tiers). REQUIRES: there is a tier.
TierLoads ComputeTierLoads(absl::Span<const TierCount> tiers, double overprovisioning_factor);

}  // namespace nines
