// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "nines/random.h"

namespace nines {

/// Draw number `k` of the sequence that begins at `seed`, however regular the seeds are. Fixed for
/// ever: clients must agree on it.
constexpr uint64_t Mix(uint64_t seed, uint32_t k) {
  return SplitMixScramble(seed + (uint64_t{k} + 1) * kSplitMixStep);
}

/// The same for seeds that are random bits already, as hashes are: the first draw is the seed.
constexpr uint64_t MixRandom(uint64_t seed, uint32_t k) { return k == 0 ? seed : Mix(seed, k); }

/// Maps 32 uniform bits onto [0, size) by one multiplication instead of a division (Lemire 2019).
/// Some values are likelier than others by at most size / 2³².
constexpr uint32_t Scale(uint32_t bits, uint32_t size) {
  return static_cast<uint32_t>((uint64_t{bits} * size) >> 32);
}

constexpr uint32_t HighBits(uint64_t bits) { return static_cast<uint32_t>(bits >> 32); }
constexpr uint32_t LowBits(uint64_t bits) { return static_cast<uint32_t>(bits); }

}  // namespace nines
