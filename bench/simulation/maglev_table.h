// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "nines/endpoint.h"

namespace nines {

/// Maglev's table over `endpoints`: for each of `size` slots the index of its owner.
/// REQUIRES: `size` is a prime, at least endpoints.size(); there is an endpoint.
std::vector<uint32_t> BuildMaglevTable(const EndpointList& endpoints, uint32_t size);

}  // namespace nines
