// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace nines {

/// Where random picks and jitter come from, so that tests can fix them.
/// Thread-safe. Outlives whatever holds a reference to it.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// 64 uniformly distributed bits. Takes no lock and allocates nothing: the pick path calls it.
  virtual uint64_t Next() = 0;
};

/// The process's source: one generator per thread, seeded from the system. Not for cryptography.
RandomSource& ProcessRandom();

/// Uniform in [0, 1), from the upper 53 bits of `bits`.
inline double UnitInterval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

}  // namespace nines
