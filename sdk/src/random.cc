// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random.h"

#include <random>

namespace nines {
namespace {

uint64_t SystemSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

// SplitMix64: one addition and a mix, period 2^64, equidistributed. Ample for balancing.
class PerThreadRandom final : public RandomSource {
 public:
  uint64_t Next() override {
    // A thread's generator must outlive its calls, or every pick would pay for a seed; being eight
    // bytes without a destructor, it costs nothing to keep. 0 means not seeded yet.
    thread_local uint64_t state = 0;
    if (state == 0) state = SystemSeed() | 1;
    return SplitMixScramble(state += kSplitMixStep);
  }
};

}  // namespace

RandomSource& ProcessRandom() {
  static RandomSource& random = *new PerThreadRandom();
  return random;
}

}  // namespace nines
