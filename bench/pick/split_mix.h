// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace nines::bench {

/// SplitMix64 (Steele, Lea, Flood 2014): an addition and a mix a number. A value.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

/// A number below `limit` from 64 random bits, without a division (Lemire 2019).
inline uint64_t Below(uint64_t limit, uint64_t bits) { return ((bits >> 32) * limit) >> 32; }

}  // namespace nines::bench
