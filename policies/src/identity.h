// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nines/endpoint.h"

namespace nines {

/// The indexes of `endpoints` in an order that does not depend on theirs: by identity, then by
/// address. Every client that knows the same endpoints has the same order. O(n log n).
std::vector<uint32_t> CanonicalOrder(absl::Span<const Endpoint> endpoints);

/// 128 bits that are the same in every process for the same arguments, for ever: XXH3-128.
struct IdentityHash {
  uint64_t low;
  uint64_t high;
};
IdentityHash HashIdentity(absl::string_view identity, uint64_t seed);

}  // namespace nines
