// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace nines {

/// Draw number `k` of the sequence that begins at `seed`: SplitMix64 (Steele, Lea, Flood 2014),
/// whose output passes BigCrush for any seed, however regular. Fixed for ever: clients must agree
/// on it.
constexpr uint64_t Mix(uint64_t seed, uint32_t k) {
  uint64_t bits = seed + (uint64_t{k} + 1) * 0x9E3779B97F4A7C15;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

/// Maps 32 uniform bits onto [0, size) by one multiplication instead of a division (Lemire 2019).
/// Some values are likelier than others by at most size / 2³².
constexpr uint32_t Scale(uint32_t bits, uint32_t size) {
  return static_cast<uint32_t>((uint64_t{bits} * size) >> 32);
}

constexpr uint32_t HighBits(uint64_t bits) { return static_cast<uint32_t>(bits >> 32); }
constexpr uint32_t LowBits(uint64_t bits) { return static_cast<uint32_t>(bits); }

}  // namespace nines
