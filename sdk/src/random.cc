// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random.h"

#include <random>

namespace nines {
namespace {

// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014):
// one addition and a mix, period 2^64, equidistributed. Ample for balancing.
uint64_t NextSplitMix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t SystemSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

class PerThreadRandom final : public RandomSource {
 public:
  uint64_t Next() override {
    // A thread's generator must outlive its calls, or every pick would pay for a seed; being eight
    // bytes without a destructor, it costs nothing to keep. 0 means not seeded yet.
    thread_local uint64_t state = 0;
    if (state == 0) state = SystemSeed() | 1;
    return NextSplitMix64(state);
  }
};

}  // namespace

RandomSource& ProcessRandom() {
  static RandomSource& random = *new PerThreadRandom();
  return random;
}

}  // namespace nines
