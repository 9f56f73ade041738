// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "baselines/shared_host.h"

namespace nines::bench {

/// Which healthy host a hash belongs to. Immutable, thread-safe.
class HostTable {
 public:
  virtual ~HostTable() = default;

  /// The host of `hash`, or for later attempts another place's, which may be the same host; null if
  /// there are no hosts.
  virtual SharedHostPtr Choose(uint64_t hash, size_t attempt) const = 0;
};

}  // namespace nines::bench
