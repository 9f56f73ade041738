// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Maglev hashing (Eisenbud et al., NSDI 2016, section 3.4): every endpoint has a permutation of all
// slots, of its own; they take turns, and each takes the first slot of its permutation that is
// still free, until none is. So each gets its share to within a slot, and when an endpoint goes,
// mostly its own slots change hands. M slots take about M ln M tries.

#include "maglev_table.h"

#include "identity.h"
#include "turns.h"

namespace nines {
namespace {

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

}  // namespace

std::vector<uint32_t> BuildMaglevTable(const EndpointList& endpoints, uint32_t size) {
  std::vector<Permutation> permutations;
  std::vector<uint32_t> weights;
  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);
  for (const auto& [index, hash] : order) {
    permutations.push_back({static_cast<uint32_t>(hash.low % size),
                            static_cast<uint32_t>(hash.high % (size - 1) + 1)});
    weights.push_back(endpoints[index].weight);
  }

  Turns turns(weights, size);
  FreeSlots free(size);
  std::vector<uint32_t> slots(size);
  for (uint32_t filled = 0; filled < size; ++filled) {
    const uint32_t member = turns.Next();
    slots[free.TakeFirst(permutations[member])] = order[member].index;
  }
  return slots;
}

}  // namespace nines
