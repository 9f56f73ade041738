// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "nines/endpoint.h"

namespace nines {

// Hash tables that were not chosen. Each gives for every slot the index of its owner, and depends
// on the endpoints' identities and weights alone. Written to be read: their build times are upper
// bounds.

/// How endpoints ask for slots, each in an order of its own and at a pace by its weight; who comes
/// first has the slot. Without limit and level, that is rendezvous hashing, slot by slot.
struct AskingRules {
  /// Who has its share and this part of it more asks no longer.
  double slack = 1e9;
  /// As long as more than this part of the slots is free, each asks until it gets one, so that all
  /// have equally many, as in Maglev. 1: never.
  double level_until_free = 1;
};
std::vector<uint32_t> BuildByAsking(const EndpointList& endpoints, uint32_t size,
                                    const AskingRules& rules);

/// Multi-probe consistent hashing (Appleton, O'Reilly 2015): endpoints are points on a ring, a slot
/// has `probes` places there, and the point that is nearest behind one of them owns the slot.
/// `points` an endpoint and unit of weight. One probe: the usual ring.
std::vector<uint32_t> BuildMultiProbe(const EndpointList& endpoints, uint32_t size, uint32_t points,
                                      uint32_t probes);

}  // namespace nines
