// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "nines/endpoint.h"

namespace nines {

/// The largest table, 100 slots for each of 50,000 endpoints. Envoy's bound.
inline constexpr uint32_t kMaxMaglevSlots = 5'000'011;

/// The slots that the table of `endpoints` endpoints has, a prime, if `wanted` were asked for
/// (0: nothing in particular): see MakeHashPolicy().
uint32_t MaglevTableSize(uint32_t wanted, size_t endpoints);

/// For each of `size` slots the index of the endpoint that owns it. `order` is the endpoints'
/// CanonicalOrder(). The result depends on identities and weights alone.
/// REQUIRES: `size` is a prime; `order` is not empty; its indexes fit into Slot, which is uint16_t
/// or uint32_t.
template <typename Slot>
std::vector<Slot> BuildMaglevTable(absl::Span<const Endpoint> endpoints,
                                   absl::Span<const uint32_t> order, uint32_t size);

}  // namespace nines
