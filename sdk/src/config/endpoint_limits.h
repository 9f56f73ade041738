// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "config/config_value.h"

namespace nines {

// What an endpoint may be that a person or a program lists.

// Weights and tiers are those that an SRV record can have (RFC 2782), so that a list can move from
// one to the other. Weight 0 is left out: some would take it for "no calls".
inline constexpr IntegerRange kEndpointWeight = {1, 65535};
inline constexpr IntegerRange kEndpointTier = {0, 65535};

// Longer than any name; short enough that ten thousand of them are no matter.
inline constexpr size_t kMaxHashKeyBytes = 256;
inline constexpr size_t kMaxZoneBytes = 256;
inline constexpr size_t kMaxAttributeNameBytes = 256;

// Room for a small document. They are kept for every endpoint, and copied with each update.
inline constexpr size_t kMaxAttributeBytes = 4096;
inline constexpr size_t kMaxAttributes = 64;

}  // namespace nines
