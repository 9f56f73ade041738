// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "turns.h"

#include <algorithm>

namespace nines {
namespace {

// In r rounds there are at least r × sum / largest turns.
size_t RoundsFor(uint64_t turns, uint64_t largest, uint64_t sum) {
  return static_cast<size_t>(turns * largest / sum + 1);
}

}  // namespace

Turns::Turns(absl::Span<const uint32_t> weights, uint32_t turns) {
  uint64_t sum = 0;
  uint32_t largest = 1;
  for (const uint32_t weight : weights) {
    sum += std::max(weight, 1u);
    largest = std::max(largest, weight);
  }
  rounds_.resize(RoundsFor(turns, largest, sum));
  members_.reserve(weights.size());
  for (const uint32_t written : weights) {
    const uint32_t weight = std::max(written, 1u);
    // Farther than the last round is as good as never, and does not overflow Member::round.
    const uint32_t whole = std::min(largest / weight, static_cast<uint32_t>(rounds_.size()));
    members_.push_back({weight, whole, largest % weight, 0, 0, kNobody});
    Enqueue(static_cast<uint32_t>(members_.size() - 1));
  }
}

uint32_t Turns::Next() {
  while (rounds_[round_].first == kNobody) ++round_;
  const uint32_t next = rounds_[round_].first;
  Member& member = members_[next];
  rounds_[round_].first = member.behind;
  member.round += member.whole;
  member.error += member.remainder;  // stays below largest: remainder ≤ largest - weight
  if (member.error >= member.weight) {
    member.error -= member.weight;
    ++member.round;
  }
  Enqueue(next);
  return next;
}

void Turns::Enqueue(uint32_t member) {
  members_[member].behind = kNobody;
  const uint32_t round = members_[member].round;
  if (round >= rounds_.size()) return;  // all turns are taken before that
  Queue& queue = rounds_[round];
  if (queue.first == kNobody) {
    queue.first = member;
  } else {
    members_[queue.last].behind = member;
  }
  queue.last = member;
}

}  // namespace nines
