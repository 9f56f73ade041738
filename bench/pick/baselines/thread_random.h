// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>

#include "split_mix.h"

namespace nines::bench {

/// 64 random bits from a generator of the calling thread's own, as fast as such can be.
inline uint64_t ThreadRandom() {
  static std::atomic<uint64_t> last_seed{0};
  thread_local SplitMix random(last_seed.fetch_add(1, std::memory_order_relaxed) << 32);
  return random.Next();
}

}  // namespace nines::bench
