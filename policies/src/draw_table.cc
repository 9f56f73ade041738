// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "draw_table.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "alias_table.h"
#include "identity.h"
#include "mix.h"
#include "sweep.h"

namespace nines {
namespace {

// Of endpoints of any weights.
class WeightedDrawTable final : public CandidateTable {
 public:
  WeightedDrawTable(AliasTable shares, Sweep sweep)
      : shares_(std::move(shares)), sweep_(std::move(sweep)) {}

  uint32_t Candidate(uint64_t seed, uint32_t k) const override {
    if (k < kDraws) return shares_.Draw(MixRandom(seed, k));
    return sweep_.Candidate(seed, k);
  }

  uint32_t candidate_limit() const override { return sweep_.candidate_limit(); }

 private:
  const AliasTable shares_;
  const Sweep sweep_;
};

// Of endpoints of equal weights: the same draws without an alias table, whose columns would be one
// endpoint each. It reads 4 bytes of an endpoint instead of 12, which are in a nearer cache.
class EqualDrawTable final : public CandidateTable {
 public:
  explicit EqualDrawTable(std::vector<uint32_t> order)
      : size_(static_cast<uint32_t>(order.size())), sweep_(std::move(order)) {}

  uint32_t Candidate(uint64_t seed, uint32_t k) const override {
    if (k < kDraws) return sweep_.At(Scale(HighBits(MixRandom(seed, k)), size_));
    return sweep_.Candidate(seed, k);
  }

  uint32_t candidate_limit() const override { return sweep_.candidate_limit(); }

 private:
  const uint32_t size_;
  const Sweep sweep_;
};

bool HaveEqualWeights(absl::Span<const Endpoint> endpoints) {
  return std::all_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) {
    return std::max(endpoint.weight, 1u) == std::max(endpoints.front().weight, 1u);
  });
}

}  // namespace

std::unique_ptr<const CandidateTable> BuildDrawTable(absl::Span<const Endpoint> endpoints) {
  std::vector<uint32_t> order = CanonicalOrder(endpoints);
  if (HaveEqualWeights(endpoints)) return std::make_unique<EqualDrawTable>(std::move(order));
  std::vector<AliasTable::Item> items;
  items.reserve(order.size());
  for (const uint32_t index : order) items.push_back({index, endpoints[index].weight});
  return std::make_unique<WeightedDrawTable>(AliasTable(items), Sweep(std::move(order)));
}

}  // namespace nines
