// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nines/endpoint.h"
#include "nines/policy.h"
#include "nines/random.h"

namespace nines {

/// `count` endpoints of weight 1, in no particular order of their addresses.
inline EndpointList MakeEndpoints(uint32_t count) {
  EndpointList endpoints(count);
  for (uint32_t i = 0; i < count; ++i) {
    endpoints[i].address = absl::StrCat("10.", i / 250, ".0.", i % 250, ":50051");
  }
  return endpoints;
}

inline EndpointList MakeWeightedEndpoints(const std::vector<uint32_t>& weights) {
  EndpointList endpoints = MakeEndpoints(static_cast<uint32_t>(weights.size()));
  for (size_t i = 0; i < weights.size(); ++i) endpoints[i].weight = weights[i];
  return endpoints;
}

inline EndpointList Shuffled(EndpointList endpoints) {
  std::shuffle(endpoints.begin(), endpoints.end(), std::mt19937_64(17));
  return endpoints;
}

/// The addresses of all candidates of the call with `seed`, in order.
inline std::vector<std::string> Candidates(const CandidateTable& table,
                                           const EndpointList& endpoints, uint64_t seed) {
  std::vector<std::string> addresses;
  for (uint32_t k = 0; k < table.candidate_limit(); ++k) {
    addresses.push_back(endpoints.at(table.Candidate(seed, k)).address);
  }
  return addresses;
}

/// The seed of call number `call`: random bits, as hashes are.
inline uint64_t SeedOf(uint64_t call) { return SplitMixScramble((call + 1) * kSplitMixStep); }

/// How often each endpoint is candidate `k` of `calls` calls.
inline std::vector<uint32_t> CountCandidates(const CandidateTable& table, size_t endpoints,
                                             uint32_t k, uint32_t calls) {
  std::vector<uint32_t> counts(endpoints);
  for (uint32_t call = 0; call < calls; ++call) ++counts.at(table.Candidate(SeedOf(call), k));
  return counts;
}

}  // namespace nines
