// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nines/endpoint.h"
#include "nines/policy.h"

namespace nines::ctl {

/// What a change of a target's endpoints does to so many keys, counted in the tables that the
/// policy builds before and after it.
struct KeyMoves {
  struct PerEndpoint {
    Endpoint endpoint;
    bool is_before = false;  // among the endpoints before the change
    bool is_after = false;
    uint64_t keys_before = 0;  // whose first candidate it is
    uint64_t keys_after = 0;
  };

  uint64_t keys = 0;
  uint64_t moved = 0;  // keys with another first candidate
  /// Of these, the least that any policy would move from the one distribution to the other: what
  /// the endpoints that lose keys lose.
  uint64_t unavoidable = 0;
  std::vector<PerEndpoint> endpoints;  // those before in their order, then the others
};

/// REQUIRES: addresses are distinct within each list. Keys are numbered, so the same in each run;
/// where calls take turns, they are successive calls. Calls go to the first tier only, as they do
/// while its endpoints are well. O(keys).
KeyMoves CountKeyMoves(const Policy& policy, const EndpointList& before, const EndpointList& after,
                       uint64_t keys);

}  // namespace nines::ctl
