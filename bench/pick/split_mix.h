// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "nines/random.h"

namespace nines::bench {

/// SplitMix64: an addition and a mix a number. A value.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return SplitMixScramble(state_ += kSplitMixStep); }

 private:
  uint64_t state_;
};

/// A number below `limit` from 64 random bits, without a division (Lemire 2019).
inline uint64_t Below(uint64_t limit, uint64_t bits) { return ((bits >> 32) * limit) >> 32; }

}  // namespace nines::bench
