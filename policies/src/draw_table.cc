// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "draw_table.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "alias_table.h"
#include "identity.h"
#include "mix.h"
#include "sweep.h"

namespace nines {
namespace {

class DrawTable final : public CandidateTable {
 public:
  DrawTable(AliasTable shares, Sweep sweep)
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

}  // namespace

std::unique_ptr<const CandidateTable> BuildDrawTable(absl::Span<const Endpoint> endpoints) {
  std::vector<uint32_t> order = CanonicalOrder(endpoints);
  std::vector<AliasTable::Item> items;
  items.reserve(order.size());
  for (const uint32_t index : order) items.push_back({index, endpoints[index].weight});
  return std::make_unique<DrawTable>(AliasTable(items), Sweep(std::move(order)));
}

}  // namespace nines
