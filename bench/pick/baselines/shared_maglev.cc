// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/shared_maglev.h"

#include <limits>

#include "baselines/hash.h"

namespace nines::bench {
namespace {

// The usual size, and a prime for fleets that are too large for it.
constexpr size_t kSlots = 65'537;
constexpr size_t kManySlots = 655'373;

size_t SlotsFor(size_t hosts) { return hosts <= kSlots / 2 ? kSlots : kManySlots; }

// A host's order of slots: next, next + skip, next + 2 × skip, … modulo the table's size.
struct Permutation {
  size_t next;
  size_t skip;
};

std::vector<Permutation> MakePermutations(const std::vector<SharedHostPtr>& hosts, size_t slots) {
  std::vector<Permutation> permutations;
  permutations.reserve(hosts.size());
  for (const SharedHostPtr& host : hosts) {
    permutations.push_back(
        {Xxh64(host->address) % slots, Xxh64(host->address, 1) % (slots - 1) + 1});
  }
  return permutations;
}

}  // namespace

SharedMaglev::SharedMaglev(const std::vector<SharedHostPtr>& hosts) : hosts_(hosts) {
  if (hosts.empty()) return;
  constexpr uint32_t kFree = std::numeric_limits<uint32_t>::max();
  const size_t size = SlotsFor(hosts.size());
  slots_.assign(size, kFree);
  std::vector<Permutation> permutations = MakePermutations(hosts, size);
  size_t filled = 0;
  for (uint32_t host = 0; filled < size; host = host + 1 < hosts.size() ? host + 1 : 0) {
    Permutation& permutation = permutations[host];
    while (slots_[permutation.next] != kFree) {
      permutation.next += permutation.skip;
      if (permutation.next >= size) permutation.next -= size;
    }
    slots_[permutation.next] = host;
    ++filled;
  }
}

SharedHostPtr SharedMaglev::Choose(uint64_t hash, size_t attempt) const {
  if (hosts_.empty()) return nullptr;
  return hosts_[slots_[(hash ^ (uint64_t{0} - attempt)) % slots_.size()]];
}

}  // namespace nines::bench
