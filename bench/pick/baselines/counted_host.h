// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace nines::bench {

/// A host with a reference count of its own and a flag that takes it out of use, so that a change
/// of health touches no table. On a cache line of its own.
struct alignas(64) CountedHost {
  std::atomic<uint64_t> references{0};
  std::atomic<bool> is_available{true};
};

/// A host that a call holds. Movable.
class HostLease {
 public:
  HostLease() = default;
  HostLease(HostLease&& other) noexcept
      : host_(std::exchange(other.host_, nullptr)), index_(other.index_) {}
  HostLease& operator=(HostLease&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(index_, other.index_);
    return *this;
  }
  ~HostLease() {
    if (host_ != nullptr) host_->references.fetch_sub(1, std::memory_order_release);
  }

  /// False for the lease of a pick that found nobody.
  explicit operator bool() const { return host_ != nullptr; }
  uint32_t index() const { return index_; }

 private:
  friend class CountedHosts;
  HostLease(CountedHost* host, uint32_t index) : host_(host), index_(index) {}

  CountedHost* host_ = nullptr;
  uint32_t index_ = 0;
};

/// All hosts there ever are, found by index. Thread-safe. Outlives the leases.
class CountedHosts {
 public:
  explicit CountedHosts(size_t count) : hosts_(new CountedHost[count]), count_(count) {}

  /// An empty lease if the host is not available: first counts, then looks.
  HostLease Take(uint32_t index) const {
    CountedHost& host = hosts_[index];
    host.references.fetch_add(1, std::memory_order_acquire);
    if (host.is_available.load(std::memory_order_relaxed)) return {&host, index};
    host.references.fetch_sub(1, std::memory_order_release);
    return {};
  }

  void SetAvailable(size_t index, bool is_available) {
    hosts_[index].is_available.store(is_available, std::memory_order_relaxed);
  }

  uint64_t references(size_t index) const {
    return hosts_[index].references.load(std::memory_order_relaxed);
  }
  size_t size() const { return count_; }

 private:
  const std::unique_ptr<CountedHost[]> hosts_;
  const size_t count_;
};

}  // namespace nines::bench
