// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "endpoints/endpoint_state.h"
#include "key_hash.h"
#include "nines/call.h"
#include "nines/policy.h"

namespace nines {

// What picks read: the known endpoints and the policy's order over them. Immutable; replaced as a
// whole when the set of endpoints, a weight or the policy changes, never for health.
struct PickTable {
  std::vector<EndpointRef> endpoints;  // candidates are indexes into this
  std::unique_ptr<const CandidateTable> candidates;
  Policy::SeedSource seed_source;
  KeyHasher key_hasher;
};

// A lease as the walk took it; nothing if nobody could take the call.
struct Taken {
  EndpointState* endpoint = nullptr;
  EndpointState::Grant grant = EndpointState::Grant::kNone;
};

// The walk over a call's candidates: the one idea of nines. Takes the first candidate that `mask`
// allows and that `memory` does not know as tried; if only tried ones are left, the one tried
// longest ago. So health, retry and (later) load limits are all the same step: go on.
//
// Lock-free, allocates nothing. Cost: one cache line per candidate looked at; with a share u of
// usable endpoints 1/u candidates on average, at most candidate_limit().
inline Taken Walk(const PickTable& table, uint64_t seed, const CallMemory& memory, uint32_t mask) {
  const uint32_t limit = table.candidates->candidate_limit();
  EndpointState* tried = nullptr;
  uint32_t tried_ago = 0;
  for (uint32_t k = 0; k < limit; ++k) {
    EndpointState* candidate = table.endpoints[table.candidates->Candidate(seed, k)].get();
    if (memory.attempts() != 0 && (candidate->flags() & mask) == 0) {
      const uint32_t ago = memory.AttemptsSince(candidate->id());
      if (ago != 0) {
        if (ago > tried_ago) {
          tried = candidate;
          tried_ago = ago;
        }
        continue;
      }
    }
    const EndpointState::Grant grant = candidate->TryLease(mask);
    if (grant != EndpointState::Grant::kNone) return {candidate, grant};
  }
  if (tried == nullptr) return {};
  const EndpointState::Grant grant = tried->TryLease(mask);
  return grant == EndpointState::Grant::kNone ? Taken{} : Taken{tried, grant};
}

}  // namespace nines
