// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/types/span.h"
#include "nines/endpoint.h"
#include "nines/policy.h"

namespace nines {

/// The order of the policies that draw at random: kDraws independent draws, each endpoint in
/// proportion to its weight, and then the sweep. O(n log n); 4 bytes an endpoint,
/// 16 if weights are unequal.
std::unique_ptr<const CandidateTable> BuildDrawTable(absl::Span<const Endpoint> endpoints);

}  // namespace nines
