// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/config.h"
#include "nines/policy.h"

namespace nines {

/// Policy "hash": calls with the same key go to the same endpoint, on every client, and few keys
/// move when endpoints come or go. Maglev hashing, weighted. O(1) per candidate; a table takes
/// 2 bytes × its size, at least 128 KiB. See docs/policies.md.
///
/// A `table_size` that is no prime counts as the next one above. One that is below the number of
/// endpoints would leave some without keys, so that the default size is used.
std::shared_ptr<const Policy> MakeHashPolicy(const HashConfig& config);

}  // namespace nines
