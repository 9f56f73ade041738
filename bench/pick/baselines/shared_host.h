// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nines::bench {

/// A host that tables and calls share by reference count. On cache lines of its own, made in one
/// piece with its count: the kindest layout.
struct alignas(64) SharedHost {
  explicit SharedHost(std::string host_address) : address(std::move(host_address)) {}

  bool is_healthy() const { return healthy.load(std::memory_order_relaxed); }

  const std::string address;
  std::atomic<bool> healthy{true};
};

using SharedHostPtr = std::shared_ptr<const SharedHost>;

/// All hosts of a baseline whose tables hold only the healthy ones, and so are built anew for each
/// change. Thread-compatible.
class SharedHosts {
 public:
  explicit SharedHosts(size_t count);

  void SetHealthy(size_t index, bool is_healthy);
  void SetKnown(size_t index, bool is_known);

  /// The known and healthy, in the order of their indexes.
  std::vector<SharedHostPtr> Usable() const;

 private:
  struct Entry {
    std::shared_ptr<SharedHost> host;
    bool is_known = true;
  };
  std::vector<Entry> entries_;
};

}  // namespace nines::bench
