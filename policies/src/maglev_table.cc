// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Maglev hashing (Eisenbud et al., NSDI 2016, section 3.4): every endpoint has a permutation of all
// slots, of its own; they take turns, and each takes the first slot of its permutation that is
// still free, until none is. So each gets its share to within a slot, and when an endpoint goes,
// mostly its own slots change hands.
//
// M slots take about M ln M tries, each a bit in a map that stays in the cache (10,000 endpoints:
// 128 KiB), and M writes. Not taken: a ring (uneven, or large), jump hashing (endpoints can only
// leave at the end), rendezvous (even only by chance, or O(n) a pick):
// docs/decisions/hash-table.md.

#include "maglev_table.h"

#include <algorithm>
#include <iterator>

#include "identity.h"
#include "turns.h"

namespace nines {
namespace {

// Below 100 slots an endpoint, shares differ by more than 1 %.
constexpr uint64_t kSlotsPerEndpoint = 100;

// Primes. A table that changes its size moves nearly every key, so the steps are few and far apart:
// at 656, 2,622 and 10,486 endpoints. The first is the usual size of Maglev tables; a smaller one
// would save little and add steps where most services are.
constexpr uint32_t kSizes[] = {65'537, 262'147, 1'048'583, kMaxMaglevSlots};

bool IsPrime(uint32_t number) {
  if (number < 2) return false;
  for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

// An endpoint's order of slots: first, first + skip, first + 2 × skip, … modulo a prime.
struct Permutation {
  uint32_t next;
  uint32_t skip;
};

class FreeSlots {
 public:
  explicit FreeSlots(uint32_t size) : taken_(size / 64 + 1), size_(size) {}

  // Takes the first slot of `order` that is free, and leaves `order` behind it.
  uint32_t TakeFirst(Permutation& order) {
    uint32_t slot = order.next;
    while (IsTaken(slot)) slot = Advance(slot, order.skip);
    taken_[slot / 64] |= uint64_t{1} << (slot % 64);
    order.next = Advance(slot, order.skip);
    return slot;
  }

 private:
  bool IsTaken(uint32_t slot) const { return ((taken_[slot / 64] >> (slot % 64)) & 1) != 0; }

  uint32_t Advance(uint32_t slot, uint32_t skip) const {
    const uint32_t sum = slot + skip;
    return sum >= size_ ? sum - size_ : sum;
  }

  std::vector<uint64_t> taken_;
  const uint32_t size_;
};

// By identity. Endpoints that share one must not share a permutation, so these are numbered.
std::vector<Permutation> MakePermutations(absl::Span<const Endpoint> endpoints,
                                          absl::Span<const uint32_t> order, uint32_t size) {
  std::vector<Permutation> permutations;
  permutations.reserve(order.size());
  uint64_t number = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const std::string& identity = endpoints[order[i]].identity();
    const bool is_same = i > 0 && identity == endpoints[order[i - 1]].identity();
    number = is_same ? number + 1 : 0;
    const IdentityHash hash = HashIdentity(identity, number);
    permutations.push_back({static_cast<uint32_t>(hash.low % size),
                            static_cast<uint32_t>(hash.high % (size - 1) + 1)});
  }
  return permutations;
}

std::vector<uint32_t> Weights(absl::Span<const Endpoint> endpoints,
                              absl::Span<const uint32_t> order) {
  std::vector<uint32_t> weights;
  weights.reserve(order.size());
  for (const uint32_t index : order) weights.push_back(endpoints[index].weight);
  return weights;
}

}  // namespace

uint32_t MaglevTableSize(uint32_t wanted, size_t endpoints) {
  uint32_t size = std::min(wanted, kMaxMaglevSlots);
  if (size >= 2 && size >= endpoints) {
    while (!IsPrime(size)) ++size;
    return size;
  }
  const auto* fitting = std::find_if(std::begin(kSizes), std::end(kSizes), [&](uint64_t slots) {
    return slots >= kSlotsPerEndpoint * endpoints;
  });
  return fitting == std::end(kSizes) ? kMaxMaglevSlots : *fitting;
}

template <typename Slot>
std::vector<Slot> BuildMaglevTable(absl::Span<const Endpoint> endpoints,
                                   absl::Span<const uint32_t> order, uint32_t size) {
  std::vector<Permutation> permutations = MakePermutations(endpoints, order, size);
  Turns turns(Weights(endpoints, order), size);
  FreeSlots free(size);
  std::vector<Slot> slots(size);
  for (uint32_t filled = 0; filled < size; ++filled) {
    const uint32_t member = turns.Next();
    slots[free.TakeFirst(permutations[member])] = static_cast<Slot>(order[member]);
  }
  return slots;
}

template std::vector<uint16_t> BuildMaglevTable(absl::Span<const Endpoint>,
                                                absl::Span<const uint32_t>, uint32_t);
template std::vector<uint32_t> BuildMaglevTable(absl::Span<const Endpoint>,
                                                absl::Span<const uint32_t>, uint32_t);

}  // namespace nines
