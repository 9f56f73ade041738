// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/tier_loads.h"

#include <algorithm>

namespace nines {
namespace {

// What sums of a few doubles may be off by.
constexpr double kRounding = 1e-9;

double SumOfHealth(absl::Span<const TierCount> tiers, double overprovisioning_factor) {
  double sum = 0;
  for (const TierCount& tier : tiers) sum += TierHealth(tier, overprovisioning_factor);
  return sum;
}

// As the known endpoints are spread; all to the first if there are none.
TierLoads LoadsInTotalLoss(absl::Span<const TierCount> tiers) {
  uint64_t known = 0;
  for (const TierCount& tier : tiers) known += tier.known;
  TierLoads loads(tiers.size(), 0);
  if (known == 0) loads.front() = 1;
  for (size_t i = 0; i < tiers.size() && known != 0; ++i) {
    loads[i] = static_cast<double>(tiers[i].known) / static_cast<double>(known);
  }
  return loads;
}

}  // namespace

double TierHealth(const TierCount& tier, double overprovisioning_factor) {
  if (tier.known == 0) return 0;
  return std::min(1.0, overprovisioning_factor * tier.usable / tier.known);
}

bool IsWhole(absl::Span<const TierCount> tiers, double overprovisioning_factor) {
  return SumOfHealth(tiers, overprovisioning_factor) >= 1 - kRounding;
}

TierLoads ComputeTierLoads(absl::Span<const TierCount> tiers, double overprovisioning_factor) {
  const double total = std::min(1.0, SumOfHealth(tiers, overprovisioning_factor));
  if (total == 0) return LoadsInTotalLoss(tiers);
  TierLoads loads;
  double left = 1;
  for (const TierCount& tier : tiers) {
    const double load = std::min(left, TierHealth(tier, overprovisioning_factor) / total);
    loads.push_back(load);
    left -= load;
  }
  return loads;
}

}  // namespace nines
