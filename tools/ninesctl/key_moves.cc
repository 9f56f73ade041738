// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/key_moves.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "nines/random.h"

namespace nines::ctl {
namespace {

constexpr size_t kNobody = std::numeric_limits<size_t>::max();

// By address, the place in KeyMoves::endpoints.
using Places = absl::flat_hash_map<std::string, size_t>;

EndpointList FirstTier(const EndpointList& endpoints) {
  uint32_t first = std::numeric_limits<uint32_t>::max();
  for (const Endpoint& endpoint : endpoints) first = std::min(first, endpoint.tier);
  EndpointList list;
  std::copy_if(endpoints.begin(), endpoints.end(), std::back_inserter(list),
               [first](const Endpoint& endpoint) { return endpoint.tier == first; });
  return list;
}

// The policy's table over one list, with its answers as places.
class PlacedTable final {
 public:
  PlacedTable(const Policy& policy, const EndpointList& endpoints, const Places& places) {
    const EndpointList used = FirstTier(endpoints);
    table_ = policy.BuildTable(used);
    for (const Endpoint& endpoint : used) places_.push_back(places.at(endpoint.address));
  }

  size_t FirstCandidate(uint64_t seed) const {
    return places_.empty() ? kNobody : places_[table_->Candidate(seed, 0)];
  }

 private:
  std::unique_ptr<const CandidateTable> table_;
  std::vector<size_t> places_;
};

uint64_t SeedOf(uint64_t key, Policy::SeedSource source) {
  return source == Policy::SeedSource::kSequence ? key
                                                 : SplitMixScramble((key + 1) * kSplitMixStep);
}

// Fills `moves.endpoints`.
Places PlaceEndpoints(const EndpointList& before, const EndpointList& after, KeyMoves& moves) {
  Places places;
  for (const Endpoint& endpoint : before) {
    places.emplace(endpoint.address, moves.endpoints.size());
    moves.endpoints.push_back({endpoint, /*is_before=*/true});
  }
  for (const Endpoint& endpoint : after) {
    const auto [place, is_new] = places.try_emplace(endpoint.address, moves.endpoints.size());
    if (is_new) moves.endpoints.push_back({endpoint});
    moves.endpoints[place->second].is_after = true;
  }
  return places;
}

}  // namespace

KeyMoves CountKeyMoves(const Policy& policy, const EndpointList& before, const EndpointList& after,
                       uint64_t keys) {
  KeyMoves moves;
  moves.keys = keys;
  const Places places = PlaceEndpoints(before, after, moves);
  const PlacedTable old_table(policy, before, places);
  const PlacedTable new_table(policy, after, places);
  for (uint64_t key = 0; key < keys; ++key) {
    const uint64_t seed = SeedOf(key, policy.seed_source());
    const size_t from = old_table.FirstCandidate(seed);
    const size_t to = new_table.FirstCandidate(seed);
    if (from != kNobody) ++moves.endpoints[from].keys_before;
    if (to != kNobody) ++moves.endpoints[to].keys_after;
    if (from != to) ++moves.moved;
  }
  for (const KeyMoves::PerEndpoint& endpoint : moves.endpoints) {
    moves.unavoidable += endpoint.keys_before - std::min(endpoint.keys_before, endpoint.keys_after);
  }
  return moves;
}

}  // namespace nines::ctl
