// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "baselines/buffered_list.h"
#include "baselines/counted_host.h"

namespace nines::bench {

/// The less loaded of two hosts at random from a doubly-buffered list; load is the decayed moving
/// average of latency × (calls in flight + 1). A report takes a lock of its host.
///
/// The moments of pick and report are handed in: their callers know them anyway.
///
/// Thread-safe but for SetKnown and SetHealthy, which one thread calls. Outlives its leases.
class BufferedTwoChoices {
 public:
  explicit BufferedTwoChoices(size_t hosts)
      : hosts_(hosts), loads_(new Load[hosts]), list_(hosts) {}

  /// An empty lease if no host is available. Every other one ends with End() or Report().
  HostLease Pick(int64_t now_ns);

  /// The call of `lease` ended, and nothing is known of how.
  void End(const HostLease& lease);

  /// The call of `lease` ended well at `now_ns`.
  void Report(const HostLease& lease, int64_t latency_ns, int64_t now_ns);

  void SetHealthy(size_t host, bool is_healthy) { hosts_.SetAvailable(host, is_healthy); }
  void SetKnown(size_t host, bool is_known) { list_.SetKnown(host, is_known); }

 private:
  struct alignas(64) Load {
    std::atomic<uint32_t> in_flight{0};
    std::atomic<float> average_ns{0};  // written under mutex
    std::atomic<int64_t> at_ns{0};     // written under mutex
    std::mutex mutex;
  };

  double LoadOf(uint32_t host, int64_t now_ns) const;
  HostLease TakeLessLoaded(const BufferedList::Indexes& list, int64_t now_ns);

  CountedHosts hosts_;
  const std::unique_ptr<Load[]> loads_;
  BufferedList list_;
};

}  // namespace nines::bench
