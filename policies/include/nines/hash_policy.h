// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/config.h"
#include "nines/policy.h"

namespace nines {

/// Policy "hash": calls with the same key go to the same endpoint, on every client, and few keys
/// move when endpoints come or go. A table of slots, by rendezvous hashing with bounded shares,
/// weighted. O(1) per candidate; a table takes 1 byte × its size with up to 256 endpoints, 2 with
/// up to 65,536, else 4: at the default size of 262,144 slots at most 512 KiB. See
/// docs/policies.md.
///
/// A `table_size` need not be a prime, whatever the service config asks for. One that is below the
/// number of endpoints would leave some without keys, so that the default size is used.
std::shared_ptr<const Policy> MakeHashPolicy(const HashConfig& config);

}  // namespace nines
