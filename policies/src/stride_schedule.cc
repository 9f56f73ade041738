// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Stride scheduling (Waldspurger, Weihl 1995), written down in advance as in the static stride
// scheduler of gRPC's weighted_round_robin (gRFC A58): integers only, and a pick needs no queue and
// no lock, only the number of the turn.
//
// A58 has every heavy member once a round and the light ones in some rounds, so that the heavy
// one's turns pile up where all light ones sit out. Here a member's turns have windows that divide
// the cycle evenly, and go to whose window ends first (WF²Q's rule: Bennett, Zhang 1996; earliest
// deadline first meets every deadline if any order does, and one does, as the shares add up to 1).
//
// O(L) for L turns, but for the search of a free turn, which is as good as O(1).

#include "stride_schedule.h"

#include <algorithm>
#include <numeric>

namespace nines {
namespace {

// With 100 turns for the mean weight, rounding to whole turns is 0.5 % of it, and all of it
// together lengthens the cycle by at most 1 %. The bounds are a table of 128 KiB, which stays in
// the cache, and one of 512 KiB, because one of ten times as much takes ten times as long to build
// and weights that need it are rare.
constexpr uint64_t kTurnsPerMember = 100;
constexpr uint64_t kMinLimit = 1 << 16;
constexpr uint64_t kMaxLimit = 1 << 18;

// How many turns each member has in a cycle.
std::vector<uint32_t> CountTurns(absl::Span<const uint32_t> weights) {
  std::vector<uint32_t> turns(weights.begin(), weights.end());
  uint64_t sum = 0;
  uint32_t common = 0;  // the greatest common divisor
  for (uint32_t& weight : turns) {
    weight = std::max(weight, 1u);
    sum += weight;
    common = std::gcd(common, weight);
  }
  const uint64_t limit = ScheduleLimit(weights.size());
  const bool is_exact = sum <= limit * common;
  for (uint32_t& turn : turns) {
    const uint64_t rounded = (turn * limit + sum / 2) / sum;  // below 2⁵³
    turn = is_exact ? turn / common : std::max(static_cast<uint32_t>(rounded), 1u);
  }
  return turns;
}

// Where the window of turn `number` begins, if `turns` divide `length` evenly; the window before it
// ends there.
uint32_t WindowBegin(uint32_t number, uint32_t turns, uint32_t length) {
  return static_cast<uint32_t>((uint64_t{number} * length + turns - 1) / turns);
}

// The members, once for every turn of theirs, by the end of its window; ties in their order.
std::vector<uint32_t> SortByWindowEnd(absl::Span<const uint32_t> turns, uint32_t length) {
  // A counting sort: position[e] is where the next turn goes whose window ends at e.
  std::vector<uint32_t> position(length + 2);
  for (const uint32_t count : turns) {
    for (uint32_t i = 1; i <= count; ++i) ++position[WindowBegin(i, count, length) + 1];
  }
  std::partial_sum(position.begin(), position.end(), position.begin());
  std::vector<uint32_t> sorted(length);
  for (uint32_t member = 0; member < turns.size(); ++member) {
    for (uint32_t i = 1; i <= turns[member]; ++i) {
      sorted[position[WindowBegin(i, turns[member], length)]++] = member;
    }
  }
  return sorted;
}

// Which turns of the cycle are free: a forest in which each turn that is taken points towards the
// next free one (Tarjan's union-find, paths halved on the way).
class FreeTurns {
 public:
  explicit FreeTurns(uint32_t length) : towards_free_(length + 1) {
    std::iota(towards_free_.begin(), towards_free_.end(), 0);
  }

  // Takes the first free turn that is not before `turn`. REQUIRES: there is one.
  uint32_t TakeFrom(uint32_t turn) {
    while (towards_free_[turn] != turn) {
      towards_free_[turn] = towards_free_[towards_free_[turn]];
      turn = towards_free_[turn];
    }
    towards_free_[turn] = turn + 1;
    return turn;
  }

 private:
  std::vector<uint32_t> towards_free_;
};

}  // namespace

uint64_t ScheduleLimit(size_t members) {
  return std::clamp(kTurnsPerMember * members, kMinLimit, kMaxLimit);
}

// Earliest deadline first, the other way round: all turns are of one length, so that the one whose
// window ends first has the first place in its window, then the next one has what is left, …
std::vector<uint32_t> BuildStrideSchedule(absl::Span<const uint32_t> weights) {
  const std::vector<uint32_t> turns = CountTurns(weights);
  const uint32_t length = std::accumulate(turns.begin(), turns.end(), 0u);
  std::vector<uint32_t> placed(turns.size());  // turns of each member so far
  FreeTurns free(length);
  std::vector<uint32_t> schedule(length);
  for (const uint32_t member : SortByWindowEnd(turns, length)) {
    const uint32_t begin = WindowBegin(placed[member]++, turns[member], length);
    schedule[free.TakeFrom(begin)] = member;
  }
  return schedule;
}

}  // namespace nines
