// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random_policy.h"

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "alias_table.h"
#include "identity.h"
#include "mix.h"
#include "sweep.h"

namespace nines {
namespace {

class RandomTable final : public CandidateTable {
 public:
  RandomTable(AliasTable shares, Sweep sweep)
      : shares_(std::move(shares)), sweep_(std::move(sweep)) {}

  uint32_t Candidate(uint64_t seed, uint32_t k) const override {
    if (k < kDraws) return shares_.Draw(Mix(seed, k));
    return sweep_.Candidate(seed, k);
  }

  uint32_t candidate_limit() const override { return sweep_.candidate_limit(); }

 private:
  const AliasTable shares_;
  const Sweep sweep_;
};

class RandomPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "random"; }

  SeedSource seed_source() const override { return SeedSource::kRandom; }

  uint32_t choices() const override { return 1; }

  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    std::vector<uint32_t> order = CanonicalOrder(endpoints);
    std::vector<AliasTable::Item> items;
    items.reserve(order.size());
    for (const uint32_t index : order) items.push_back({index, endpoints[index].weight});
    return std::make_unique<RandomTable>(AliasTable(items), Sweep(std::move(order)));
  }
};

}  // namespace

std::shared_ptr<const Policy> MakeRandomPolicy() { return std::make_shared<RandomPolicy>(); }

}  // namespace nines
