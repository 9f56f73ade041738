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

  /// 64 uniformly distributed bits. Takes no lock and allocates nothing: the pick path calls it,
  /// for each random pick; with very many endpoints once a thread, going on from there by
  /// SplitMix64.
  virtual uint64_t Next() = 0;
};

/// The process's source: one generator per thread, seeded from the system. Not for cryptography.
RandomSource& ProcessRandom();

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014):
/// the numbers of the sequence are the scrambled multiples of the step, from any start. Its output
/// passes BigCrush, however regular the start. Fixed for ever: clients agree on endpoints by it.
inline constexpr uint64_t kSplitMixStep = 0x9E3779B97F4A7C15;
constexpr uint64_t SplitMixScramble(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

/// Uniform in [0, 1), from the upper 53 bits of `bits`.
inline double UnitInterval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

}  // namespace nines
