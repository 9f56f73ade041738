// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "identity.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "absl/numeric/bits.h"

// The hash becomes part of this file: no library to link, and none of its names to clash.
#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

namespace nines {
namespace {

// How many bits of the hash number enough buckets for `count` endpoints to have one each.
int BucketBits(size_t count) { return static_cast<int>(absl::bit_width(count)); }

// Each endpoint's hash, the endpoints ordered by its first bits only. Hashes are uniform, so that
// hardly any two share a bucket. O(n).
std::vector<CanonicalEndpoint> InOrderOfBuckets(absl::Span<const Endpoint> endpoints) {
  const int shift = 64 - BucketBits(endpoints.size());
  std::vector<CanonicalEndpoint> hashed;
  hashed.reserve(endpoints.size());
  std::vector<uint32_t> places((size_t{1} << (64 - shift)) + 1);  // where each bucket's next goes
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    hashed.push_back({i, HashIdentity(endpoints[i].identity(), 0)});
    ++places[(hashed.back().hash.low >> shift) + 1];
  }
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<CanonicalEndpoint> ordered(hashed.size());
  for (const CanonicalEndpoint& endpoint : hashed) {
    ordered[places[endpoint.hash.low >> shift]++] = endpoint;
  }
  return ordered;
}

// Gives each endpoint that has the identity of the one before it a hash of its own.
void NumberThoseWhoShareAnIdentity(absl::Span<const Endpoint> endpoints,
                                   std::vector<CanonicalEndpoint>& order) {
  uint64_t number = 0;
  uint64_t previous_hash = 0;  // as sorted by
  for (size_t i = 0; i < order.size(); ++i) {
    const uint64_t hash = order[i].hash.low;
    const std::string& identity = endpoints[order[i].index].identity();
    const bool is_same =
        i > 0 && hash == previous_hash && identity == endpoints[order[i - 1].index].identity();
    number = is_same ? number + 1 : 0;
    if (is_same) order[i].hash = HashIdentity(identity, number);
    previous_hash = hash;
  }
}

}  // namespace

IdentityHash HashIdentity(absl::string_view identity, uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(identity.data(), identity.size(), seed);
  return {hash.low64, hash.high64};
}

// A sort of all by comparison takes three times as long.
std::vector<CanonicalEndpoint> InCanonicalOrder(absl::Span<const Endpoint> endpoints) {
  const auto is_before = [endpoints](const CanonicalEndpoint& a, const CanonicalEndpoint& b) {
    if (a.hash.low != b.hash.low) return a.hash.low < b.hash.low;
    const Endpoint& left = endpoints[a.index];
    const Endpoint& right = endpoints[b.index];
    return std::tie(left.identity(), left.address) < std::tie(right.identity(), right.address);
  };
  std::vector<CanonicalEndpoint> order = InOrderOfBuckets(endpoints);
  const int shift = 64 - BucketBits(endpoints.size());
  for (auto begin = order.begin(); begin != order.end();) {
    auto end = begin + 1;
    while (end != order.end() && end->hash.low >> shift == begin->hash.low >> shift) ++end;
    std::sort(begin, end, is_before);
    begin = end;
  }
  NumberThoseWhoShareAnIdentity(endpoints, order);
  return order;
}

std::vector<uint32_t> Indexes(absl::Span<const CanonicalEndpoint> order) {
  std::vector<uint32_t> indexes;
  indexes.reserve(order.size());
  for (const CanonicalEndpoint& endpoint : order) indexes.push_back(endpoint.index);
  return indexes;
}

std::vector<uint32_t> CanonicalOrder(absl::Span<const Endpoint> endpoints) {
  return Indexes(InCanonicalOrder(endpoints));
}

}  // namespace nines
