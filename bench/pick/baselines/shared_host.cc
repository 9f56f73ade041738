// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/shared_host.h"

#include "addresses.h"

namespace nines::bench {

SharedHosts::SharedHosts(size_t count) {
  entries_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    entries_.push_back({std::make_shared<SharedHost>(AddressOf(i))});
  }
}

void SharedHosts::SetHealthy(size_t index, bool is_healthy) {
  entries_[index].host->healthy.store(is_healthy, std::memory_order_relaxed);
}

void SharedHosts::SetKnown(size_t index, bool is_known) { entries_[index].is_known = is_known; }

std::vector<SharedHostPtr> SharedHosts::Usable() const {
  std::vector<SharedHostPtr> usable;
  usable.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.is_known && entry.host->is_healthy()) usable.push_back(entry.host);
  }
  return usable;
}

}  // namespace nines::bench
