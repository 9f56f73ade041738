// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "identity.h"

#include <algorithm>
#include <numeric>
#include <tuple>

// The hash becomes part of this file: no library to link, and none of its names to clash.
#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

namespace nines {

std::vector<uint32_t> CanonicalOrder(absl::Span<const Endpoint> endpoints) {
  std::vector<uint32_t> order(endpoints.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [endpoints](uint32_t a, uint32_t b) {
    return std::tie(endpoints[a].identity(), endpoints[a].address) <
           std::tie(endpoints[b].identity(), endpoints[b].address);
  });
  return order;
}

IdentityHash HashIdentity(absl::string_view identity, uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(identity.data(), identity.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace nines
