// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "identity.h"
#include "nines/endpoint.h"

namespace nines {

/// The largest table: 10 slots for each of half a million endpoints.
inline constexpr uint32_t kMaxTableSlots = 5'000'011;

/// The slots that the table of `endpoints` endpoints has if `wanted` were asked for (0: nothing in
/// particular): see MakeHashPolicy().
uint32_t RendezvousTableSize(uint32_t wanted, size_t endpoints);

/// For each of `size` slots the index of the endpoint that owns it. `order` is the endpoints'
/// InCanonicalOrder(). The result depends on identities and weights alone, and is computed in whole
/// numbers: it is the same on every platform.
/// REQUIRES: 0 < `size` ≤ kMaxTableSlots; `order` is not empty; its indexes fit into Slot, which is
/// uint8_t, uint16_t or uint32_t.
template <typename Slot>
std::vector<Slot> BuildRendezvousTable(absl::Span<const Endpoint> endpoints,
                                       absl::Span<const CanonicalEndpoint> order, uint32_t size);

}  // namespace nines
