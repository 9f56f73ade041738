// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/hash_policy.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "identity.h"
#include "mix.h"
#include "rendezvous_table.h"
#include "sweep.h"

namespace nines {
namespace {

// Slot is the smallest type that the endpoints' indexes fit into: the table is read at random, so
// that half the bytes are half the cache.
template <typename Slot>
class HashTable final : public CandidateTable {
 public:
  HashTable(std::vector<Slot> slots, Sweep sweep)
      : slots_(std::move(slots)),
        size_(static_cast<uint32_t>(slots_.size())),
        sweep_(std::move(sweep)) {}

  uint32_t Candidate(uint64_t seed, uint32_t k) const override {
    if (k >= kDraws) return sweep_.Candidate(seed, k);
    return slots_[Scale(HighBits(MixRandom(seed, k)), size_)];
  }

  uint32_t candidate_limit() const override { return sweep_.candidate_limit(); }

 private:
  const std::vector<Slot> slots_;
  const uint32_t size_;  // of slots_; a vector computes it
  const Sweep sweep_;
};

template <typename Slot>
std::unique_ptr<const CandidateTable> MakeTable(absl::Span<const Endpoint> endpoints,
                                                uint32_t size) {
  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);
  std::vector<Slot> slots;
  if (!order.empty()) slots = BuildRendezvousTable<Slot>(endpoints, order, size);
  return std::make_unique<HashTable<Slot>>(std::move(slots), Sweep(Indexes(order)));
}

template <typename Slot>
bool Fits(size_t endpoints) {
  return endpoints <= size_t{std::numeric_limits<Slot>::max()} + 1;
}

class HashPolicy final : public Policy {
 public:
  explicit HashPolicy(uint32_t table_size) : table_size_(table_size) {}

  absl::string_view name() const override { return "hash"; }

  SeedSource seed_source() const override { return SeedSource::kHashKey; }

  uint32_t choices() const override { return 1; }

  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    const uint32_t size = RendezvousTableSize(table_size_, endpoints.size());
    if (Fits<uint8_t>(endpoints.size())) return MakeTable<uint8_t>(endpoints, size);
    if (Fits<uint16_t>(endpoints.size())) return MakeTable<uint16_t>(endpoints, size);
    return MakeTable<uint32_t>(endpoints, size);
  }

 private:
  const uint32_t table_size_;
};

}  // namespace

std::shared_ptr<const Policy> MakeHashPolicy(const HashConfig& config) {
  return std::make_shared<HashPolicy>(config.table_size);
}

}  // namespace nines
