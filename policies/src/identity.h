// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nines/endpoint.h"

namespace nines {

/// 128 bits that are the same in every process for the same arguments, for ever: XXH3-128.
struct IdentityHash {
  uint64_t low;
  uint64_t high;
};
IdentityHash HashIdentity(absl::string_view identity, uint64_t seed);

/// An endpoint's place among others.
struct CanonicalEndpoint {
  uint32_t index;     // in the list it came from
  IdentityHash hash;  // of its identity; no other endpoint of the list has the same
};

/// `endpoints` in an order that does not depend on theirs, so that every client that knows the same
/// endpoints has the same: by the hash of the identity, then by identity, then by address. A hash,
/// because with 10,000 endpoints comparing strings instead would take three times as long.
/// Endpoints that share an identity are numbered; their hashes have that number as seed.
/// O(n log n).
std::vector<CanonicalEndpoint> InCanonicalOrder(absl::Span<const Endpoint> endpoints);

/// The indexes alone.
std::vector<uint32_t> Indexes(absl::Span<const CanonicalEndpoint> order);

/// Indexes(InCanonicalOrder(endpoints)).
std::vector<uint32_t> CanonicalOrder(absl::Span<const Endpoint> endpoints);

}  // namespace nines
