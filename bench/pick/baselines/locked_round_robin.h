// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "baselines/shared_host.h"

namespace nines::bench {

/// The hosts of one round robin, and whose turn it is. Thread-safe.
class TurnTable {
 public:
  explicit TurnTable(std::vector<SharedHostPtr> hosts) : hosts_(std::move(hosts)) {}

  /// Null if there are no hosts.
  SharedHostPtr Next() const {
    if (hosts_.empty()) return nullptr;
    return hosts_[turn_.fetch_add(1, std::memory_order_relaxed) % hosts_.size()];
  }

  /// The same for a caller whose lock keeps others out.
  SharedHostPtr NextLocked() const {
    if (hosts_.empty()) return nullptr;
    size_t turn = turn_.load(std::memory_order_relaxed) + 1;
    if (turn >= hosts_.size()) turn = 0;
    turn_.store(turn, std::memory_order_relaxed);
    return hosts_[turn];
  }

 private:
  const std::vector<SharedHostPtr> hosts_;
  mutable std::atomic<size_t> turn_{0};
};

/// Round robin whose table is replaced for every change and found through a pointer under a lock.
/// Two ways to read it:
///   kCopyPointer  lock, copy the shared_ptr, unlock; the pick itself is outside
///   kWholePick    the caller's lock (a channel's) is held for all of the pick, and no pointer
///   copied
///
/// Thread-safe.
class LockedRoundRobin {
 public:
  enum class Reading { kCopyPointer, kWholePick };

  LockedRoundRobin(size_t hosts, Reading reading) : hosts_(hosts), reading_(reading) { Publish(); }

  SharedHostPtr Pick() {
    if (reading_ == Reading::kWholePick) {
      const std::lock_guard<std::mutex> lock(mutex_);
      return table_->NextLocked();
    }
    return CopyPointer()->Next();
  }

  void SetHealthy(size_t host, bool is_healthy) {
    hosts_.SetHealthy(host, is_healthy);
    Publish();
  }
  void SetKnown(size_t host, bool is_known) {
    hosts_.SetKnown(host, is_known);
    Publish();
  }

 private:
  std::shared_ptr<const TurnTable> CopyPointer() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return table_;
  }

  void Publish() {
    auto table = std::make_shared<const TurnTable>(hosts_.Usable());
    const std::lock_guard<std::mutex> lock(mutex_);
    table_.swap(table);
  }

  SharedHosts hosts_;  // the writer's
  const Reading reading_;
  std::mutex mutex_;
  std::shared_ptr<const TurnTable> table_;  // guarded by mutex_
};

}  // namespace nines::bench
