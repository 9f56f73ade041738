// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "nines/endpoint.h"

namespace nines {

/// For each slot the index of its owner.
using SlotOwners = std::vector<uint32_t>;
using BuildSlots = std::function<SlotOwners(const EndpointList&)>;

/// How good a construction of hash tables is with n endpoints. Means over several sets of endpoints
/// and of keys, all from fixed seeds.
struct TableQuality {
  double max_to_mean_keys = 0;   // of a million keys, equal weights: most on an endpoint ÷ mean
  double max_to_mean_slots = 0;  // the same of slots: what infinitely many keys would see
  double weights_error = 0;      // weights 1:2:4: how far the worst third's slots are off, a ratio
  double moved_by_removal = 0;   // slots, of all, that move and neither did nor will belong to …
  double moved_by_addition = 0;  // … the one endpoint that goes, or comes
};
TableQuality MeasureTable(const BuildSlots& build, uint32_t endpoints);

/// The median of this thread's processor time that `build` takes for n endpoints.
absl::Duration MeasureBuildTime(const std::function<void(const EndpointList&)>& build,
                                uint32_t endpoints);

/// TableQuality::max_to_mean_keys of a hash without fault: the noise of a million keys.
double PerfectMaxToMeanKeys(uint32_t endpoints);

}  // namespace nines
