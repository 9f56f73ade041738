// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Random subsetting by rendezvous hashing (gRFC A68; Thaler, Ravishankar 1998): every endpoint has
// a rank that depends on itself and on the client's seed alone, and the lowest ranks are the
// subset. So an endpoint that leaves makes room for one other and moves nobody else, and over all
// clients each endpoint is in as many subsets as any other, but for chance. O(n log n).
//
// Not taken: deterministic subsetting (every client a number of its own), which is exactly even and
// needs somebody to hand out the numbers.

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "key_hash.h"
#include "nines/endpoint.h"

namespace nines {
namespace {

struct Rank {
  uint32_t tier;
  uint64_t identity;
  // Endpoints that share an identity must not be in the subsets of all clients in the same order.
  uint64_t address;
  size_t index;  // in the list
};

bool operator<(const Rank& a, const Rank& b) {
  return std::tie(a.tier, a.identity, a.address) < std::tie(b.tier, b.identity, b.address);
}

}  // namespace

EndpointList SelectSubset(EndpointList endpoints, uint32_t size, uint64_t client_seed) {
  if (size == 0 || endpoints.size() <= size) return endpoints;
  std::vector<Rank> ranks;
  ranks.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    ranks.push_back({endpoint.tier, SeededHash(endpoint.identity(), client_seed),
                     SeededHash(endpoint.address, client_seed), ranks.size()});
  }
  std::sort(ranks.begin(), ranks.end());
  std::vector<bool> is_chosen(endpoints.size());
  uint32_t of_tier = 0;  // endpoints of this tier so far
  for (size_t i = 0; i < ranks.size(); ++i) {
    of_tier = i > 0 && ranks[i].tier == ranks[i - 1].tier ? of_tier + 1 : 1;
    if (of_tier <= size) is_chosen[ranks[i].index] = true;
  }
  EndpointList subset;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (is_chosen[i]) subset.push_back(std::move(endpoints[i]));
  }
  return subset;
}

}  // namespace nines
