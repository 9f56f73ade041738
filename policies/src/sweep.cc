// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "sweep.h"

#include <numeric>
#include <utility>

#include "mix.h"

namespace nines {
namespace {

// Enough that two calls whose draws failed rarely share start and stride; 256 bytes a table.
constexpr uint32_t kMaxStrides = 64;

// Up to kMaxStrides numbers below `size` and coprime to it, spread evenly. O(1) but for gaps
// between coprime numbers, which are short.
std::vector<uint32_t> CoprimeStrides(uint32_t size) {
  std::vector<uint32_t> strides;
  const uint32_t spacing = size / kMaxStrides + 1;
  for (uint32_t from = 1; from < size; from += spacing) {
    uint32_t stride = from;
    while (stride - from < spacing && std::gcd(stride, size) != 1) ++stride;
    if (stride - from < spacing) strides.push_back(stride);
  }
  if (strides.empty()) strides.push_back(1);
  return strides;
}

}  // namespace

Sweep::Sweep(std::vector<uint32_t> order)
    : order_(std::move(order)), strides_(CoprimeStrides(static_cast<uint32_t>(order_.size()))) {}

uint32_t Sweep::Candidate(uint64_t seed, uint32_t k) const {
  const uint64_t bits = Mix(seed, kDraws);
  const uint32_t start = Scale(HighBits(bits), static_cast<uint32_t>(order_.size()));
  const uint32_t stride = strides_[Scale(LowBits(bits), static_cast<uint32_t>(strides_.size()))];
  // A division, but only calls whose draws were all unusable come here.
  return order_[(start + uint64_t{k - kDraws} * stride) % order_.size()];
}

uint32_t Sweep::candidate_limit() const {
  return order_.empty() ? 0 : kDraws + static_cast<uint32_t>(order_.size());
}

}  // namespace nines
