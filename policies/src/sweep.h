// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

namespace nines {

/// Candidates that a table draws, each for itself, before it names all endpoints in turn. A draw is
/// good (weighted, and by key) but may repeat; with half of the endpoints down, 1 call in 256 goes
/// past eight draws, and what comes next is as good as unnoticed in the balance.
inline constexpr uint32_t kDraws = 8;

/// The end of every call's candidate order: each endpoint exactly once. The seed selects one of
/// many orders, all of them arithmetic progressions whose stride has no factor in common with the
/// number of endpoints. Weights are not looked at: here it only matters that nobody is left out.
///
/// Immutable, thread-safe, and free of allocation after construction.
class Sweep {
 public:
  /// `order` names each endpoint once and is the same on every client: see CanonicalOrder().
  explicit Sweep(std::vector<uint32_t> order);

  /// Candidate `k` of the call with `seed`. REQUIRES: kDraws ≤ k < candidate_limit().
  uint32_t Candidate(uint64_t seed, uint32_t k) const;

  /// Number `i` of the order that this was made of.
  uint32_t At(uint32_t i) const { return order_[i]; }

  /// Of a table of draws and sweep: 0 if there is no endpoint.
  uint32_t candidate_limit() const;

 private:
  const std::vector<uint32_t> order_;
  /// A choice of the numbers that have no factor in common with the number of endpoints, so that no
  /// pick has to look for one. Never empty.
  const std::vector<uint32_t> strides_;
};

}  // namespace nines
