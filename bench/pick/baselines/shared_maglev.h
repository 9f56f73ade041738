// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "baselines/host_table.h"
#include "baselines/shared_host.h"

namespace nines::bench {

/// A Maglev table (Eisenbud et al., NSDI 2016) over the healthy hosts: a prime number of slots,
/// each the index of a host; a key's slot is the 64-bit remainder of its hash. Slots hold indexes
/// and not pointers, so that the table stays in the cache. Immutable.
class SharedMaglev final : public HostTable {
 public:
  explicit SharedMaglev(const std::vector<SharedHostPtr>& hosts);

  SharedHostPtr Choose(uint64_t hash, size_t attempt) const override;

  size_t size() const { return slots_.size(); }

 private:
  const std::vector<SharedHostPtr> hosts_;
  std::vector<uint32_t> slots_;
};

}  // namespace nines::bench
