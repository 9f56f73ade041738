// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace nines {

/// Who is next when many take turns in proportion to their weights.
///
/// Member m takes its turn number j (from 0) in round ⌊j × largest weight / weight(m)⌋; in a round,
/// those go first who have waited longest, ties in the order of the members. So everyone has a turn
/// in the first round, however small its weight, and of any number of turns each gets its share to
/// within one. Whether a goes before b depends on a and b alone, which is what keeps a Maglev table
/// stable when others come and go. A calendar queue: O(1) a turn, where the usual scan for who is
/// due costs O(members) a round, and one heavy member makes for many rounds.
///
/// A resource of one table's construction.
class Turns {
 public:
  /// Room for `turns` calls of Next(). A weight of 0 counts as 1. REQUIRES: weights is not empty.
  Turns(absl::Span<const uint32_t> weights, uint32_t turns);

  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// The member whose turn it is.
  uint32_t Next();

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;

  struct Member {
    uint32_t weight;
    uint32_t whole;      // rounds between turns, largest weight / weight, as a whole number …
    uint32_t remainder;  // … and what is left of the division
    uint32_t error;      // remainders added up, less than weight
    uint32_t round;      // of its next turn
    uint32_t behind;     // who is behind it in the queue of that round
  };
  struct Queue {
    uint32_t first = kNobody;
    uint32_t last = kNobody;
  };

  void Enqueue(uint32_t member);

  std::vector<Member> members_;
  std::vector<Queue> rounds_;
  uint32_t round_ = 0;
};

}  // namespace nines
