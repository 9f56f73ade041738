// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "baselines/buffered_list.h"
#include "baselines/counted_host.h"

namespace nines::bench {

/// A host at random from a doubly-buffered list of all known ones; past one that is not available,
/// on by a random stride.
///
/// Thread-safe but for SetKnown and SetHealthy, which one thread calls. Outlives its leases.
class BufferedRandom {
 public:
  explicit BufferedRandom(size_t hosts) : hosts_(hosts), list_(hosts) {}

  /// An empty lease if no host is available.
  HostLease Pick();

  void SetHealthy(size_t host, bool is_healthy) { hosts_.SetAvailable(host, is_healthy); }
  void SetKnown(size_t host, bool is_known) { list_.SetKnown(host, is_known); }

 private:
  CountedHosts hosts_;
  BufferedList list_;
};

}  // namespace nines::bench
