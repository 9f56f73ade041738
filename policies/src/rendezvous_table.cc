// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Rendezvous hashing, slot by slot, with bounded shares. Every endpoint asks for slots in an order
// of its own, at a pace by its weight; who comes first has the slot. So far that is rendezvous:
// when an endpoint goes, its slots go to whoever asked next, and nothing else moves. But shares are
// even only by chance; hence a limit: who has its share and 1/200 more asks no longer. That moves
// some slots of others, a quarter to a half as many as Maglev, where everyone asks until it gets
// one.
//
// The last slots would take most of the time: when few are left, endpoints ask for rows of 16, and
// get what is free of them. About 6 M tries for M slots, each a bit in a map that stays in the
// cache. Not taken, with figures: docs/decisions/hash-table.md.

#include "rendezvous_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/numeric/bits.h"
#include "absl/numeric/int128.h"
#include "mix.h"

namespace nines {
namespace {

// With fewer slots an endpoint, the largest share would be more than a tenth above the mean.
constexpr uint64_t kSlotsPerEndpoint = 10;

// A table that changes its size moves nearly every key, so the steps are few and far apart: at
// 26,215 and 104,858 endpoints. At half of the first size, an endpoint that goes moves up to half
// as many keys again.
constexpr uint32_t kSizes[] = {1 << 18, 1 << 20, kMaxTableSlots};

// A limit is a share and 1 / kLimitParts of it. Tighter limits are more even, and move more keys.
constexpr uint64_t kLimitParts = 200;

constexpr uint32_t kRowSlots = 16;
static_assert(64 % kRowSlots == 0, "a row lies in one word of the map");

// Rows begin when one slot in 50 is free. With fewer endpoints than kFew, later: when an endpoint
// goes, the others ask for more slots before rows begin, and what they get then are keys moved.
// The fewer endpoints, the more each asks for.
constexpr uint64_t kFreeParts = 50;
constexpr uint64_t kFew = 300;

// How often an endpoint may have its turn, per slot of the table, before rows begin and before they
// end. Only if weights are so far apart that those below their limits hardly ever ask, it matters.
constexpr uint64_t kTurnsPerSlot = 16;

// The slots that an endpoint asks for: Knuth's linear congruential generator, started by its
// identity. Of its state only the upper half is random enough. Not a permutation, as in Maglev: in
// one that is quick to compute, an endpoint can follow another step by step and find all taken.
class Order {
 public:
  explicit Order(uint64_t start) : state_(start) {}

  uint32_t Next(uint32_t size) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return Scale(HighBits(state_), size);
  }

 private:
  uint64_t state_;
};

// What is still to have. Slots are counted from 0.
class FreeSlots {
 public:
  explicit FreeSlots(uint32_t size) : taken_(size / 64 + 1) {
    taken_.back() = ~uint64_t{0} << (size % 64);  // those beyond the end are nobody's
  }

  bool Take(uint32_t slot) {
    uint64_t& word = taken_[slot / 64];
    const bool is_free = ((word >> (slot % 64)) & 1) == 0;
    word |= uint64_t{1} << (slot % 64);
    return is_free;
  }

  // Of the row that `slot` is in: bit b for slot 64 × (slot / 64) + b.
  uint64_t InRowOf(uint32_t slot) const {
    const uint64_t row = ((uint64_t{1} << kRowSlots) - 1) << (slot % 64 / kRowSlots * kRowSlots);
    return ~taken_[slot / 64] & row;
  }

 private:
  std::vector<uint64_t> taken_;
};

// An endpoint that asks for slots.
struct Asker {
  Order order;
  uint64_t start_of_rows;  // of its order of rows
  uint32_t left;           // slots until its limit
  uint32_t weight;         // at least 1
  uint32_t credit;         // what it has saved up for its next try
  uint32_t index;          // in the list of endpoints
};

// What weights are worth in one table.
class Shares {
 public:
  Shares(absl::Span<const Endpoint> endpoints, uint32_t size) : size_(size) {
    for (const Endpoint& endpoint : endpoints) sum_ += Weight(endpoint);
    price_bits_ = static_cast<int>(absl::bit_width(sum_ / endpoints.size())) - 1;
    is_one_try_a_turn_ = absl::c_all_of(
        endpoints, [this](const Endpoint& e) { return Weight(e) == uint64_t{1} << price_bits_; });
  }

  static uint32_t Weight(const Endpoint& endpoint) { return std::max(endpoint.weight, 1u); }

  // A try costs 2^price_bits(); an endpoint earns its weight a turn. A power of two, so that who
  // asks before whom rarely changes as endpoints come and go; at most the mean weight, so that in
  // each round someone asks.
  int price_bits() const { return price_bits_; }

  // The usual case: all weights are 1.
  bool is_one_try_a_turn() const { return is_one_try_a_turn_; }

  // At least 1. The fraction is rounded up for some and down for others, as `random` says, so that
  // when the sum of weights changes, limits change one after the other and not all at once.
  uint32_t Limit(uint32_t weight, uint64_t random) const {
    const uint64_t limit = uint64_t{size_} * (kLimitParts + 1) * weight;  // < 2^23 × 2^8 × 2^32
    const uint64_t one = kLimitParts * sum_;
    const uint64_t rounding = absl::Uint128High64(absl::uint128(one) * random);
    return std::max(static_cast<uint32_t>((limit + rounding) / one), 1u);
  }

 private:
  const uint32_t size_;
  uint64_t sum_ = 0;
  int price_bits_ = 0;
  bool is_one_try_a_turn_ = false;
};

// Endpoints ask for slots, in rounds, until all slots are handed out.
template <typename Slot>
class Handout {
 public:
  Handout(absl::Span<const Endpoint> endpoints, absl::Span<const CanonicalEndpoint> order,
          uint32_t size)
      : endpoints_(endpoints),
        order_(order),
        size_(size),
        shares_(endpoints, size),
        free_(size),
        free_count_(size),
        slots_(size + 1) {}

  std::vector<Slot> Run() && {
    if (order_.size() > 1) HandOutAll();  // else all of them are 0, the only index
    slots_.pop_back();
    return std::move(slots_);
  }

 private:
  void HandOutAll() {
    askers_ = MakeAskers();
    if (askers_.size() > size_) askers_.erase(askers_.begin() + size_, askers_.end());
    Round([this](Asker& asker) { TakeOne(asker); });
    PacedRounds(FreeWhenRowsBegin(), [this](Asker& asker) { TryOne(asker); });
    for (Asker& asker : askers_) asker.order = Order(asker.start_of_rows);
    PacedRounds(/*enough=*/0, [this](Asker& asker) { TryRow(asker); });
    if (free_count_ > 0) HandOutTheRest();
  }

  std::vector<Asker> MakeAskers() const {
    std::vector<Asker> askers;
    askers.reserve(order_.size());
    for (const auto& [index, hash] : order_) {
      const uint32_t weight = Shares::Weight(endpoints_[index]);
      const uint32_t limit = shares_.Limit(weight, Mix(hash.high, 0));
      askers.push_back({Order(hash.low), hash.high, limit, weight, /*credit=*/0, index});
    }
    // Neighbours that ask alike are a third of the time, with unequal weights: branch prediction.
    const auto is_heavier = [](const Asker& a, const Asker& b) { return a.weight > b.weight; };
    if (!std::is_sorted(askers.begin(), askers.end(), is_heavier)) {
      std::stable_sort(askers.begin(), askers.end(), is_heavier);
    }
    return askers;
  }

  uint32_t FreeWhenRowsBegin() const {
    const uint64_t endpoints = std::min<uint64_t>(order_.size(), kFew);
    return static_cast<uint32_t>(size_ * endpoints / (kFreeParts * kFew));
  }

  // Everyone asks, one after the other; who is at its limit leaves.
  template <typename Ask>
  void Round(Ask ask) {
    size_t kept = 0;
    uint32_t given = 0;
    for (size_t i = 0; i < askers_.size(); ++i) {
      Asker asker = askers_[i];  // a copy, which the compiler can keep in registers
      given += asker.left;
      ask(asker);
      given -= asker.left;
      askers_[kept] = asker;
      kept += asker.left > 0 ? 1 : 0;
    }
    askers_.erase(askers_.begin() + static_cast<std::ptrdiff_t>(kept), askers_.end());
    free_count_ -= given;
  }

  // Rounds in which each tries as often as its weight lets it.
  template <typename Try>
  void PacedRounds(uint32_t enough, Try try_once) {
    if (shares_.is_one_try_a_turn()) return Rounds(enough, try_once);  // saves a third of the time
    const int price_bits = shares_.price_bits();
    Rounds(enough, [&](Asker& asker) {
      const uint64_t credit = uint64_t{asker.credit} + asker.weight;
      asker.credit = static_cast<uint32_t>(credit & ((uint64_t{1} << price_bits) - 1));
      for (uint64_t tries = credit >> price_bits; tries > 0 && asker.left > 0; --tries) {
        try_once(asker);
      }
    });
  }

  // Until `enough` slots or fewer are free, or nobody is left, or it takes too long.
  template <typename Ask>
  void Rounds(uint32_t enough, Ask ask) {
    uint64_t turns = 0;
    while (free_count_ > enough && !askers_.empty() && turns < kTurnsPerSlot * size_) {
      turns += askers_.size();
      Round(ask);
    }
  }

  void Give(uint32_t slot, Asker& asker) {
    slots_[slot] = static_cast<Slot>(asker.index);
    --asker.left;
  }

  // Whatever its weight, everyone gets one.
  void TakeOne(Asker& asker) {
    uint32_t slot = asker.order.Next(size_);
    while (!free_.Take(slot)) slot = asker.order.Next(size_);
    Give(slot, asker);
  }

  void TryOne(Asker& asker) {
    const uint32_t slot = asker.order.Next(size_);
    const uint32_t is_free = free_.Take(slot) ? 1 : 0;
    // slot or, beyond all of them, size_; no branch, as nobody can predict it: a third of the time.
    slots_[size_ ^ ((size_ ^ slot) & (0 - is_free))] = static_cast<Slot>(asker.index);
    asker.left -= is_free;
  }

  void TryRow(Asker& asker) {
    const uint32_t slot = asker.order.Next(size_);
    for (uint64_t row = free_.InRowOf(slot); row != 0 && asker.left > 0; row &= row - 1) {
      const uint32_t taken = slot / 64 * 64 + static_cast<uint32_t>(absl::countr_zero(row));
      free_.Take(taken);
      Give(taken, asker);
    }
  }

  // Those who are below their limits ask too seldom, or rounding has made limits add up to less
  // than there is: a few slots, of tables that are small or of weights far apart. No limits, then.
  void HandOutTheRest() {
    askers_ = MakeAskers();
    for (Asker& asker : askers_) {
      asker.order = Order(asker.start_of_rows);
      asker.left = size_;
    }
    // Ends: an order comes by every slot.
    while (free_count_ > 0) PacedRounds(/*enough=*/0, [this](Asker& asker) { TryRow(asker); });
  }

  const absl::Span<const Endpoint> endpoints_;
  const absl::Span<const CanonicalEndpoint> order_;
  const uint32_t size_;
  const Shares shares_;
  std::vector<Asker> askers_;  // who is below its limit, in the order in which they ask
  FreeSlots free_;
  uint32_t free_count_;
  std::vector<Slot> slots_;  // and one more, for what nobody shall read
};

}  // namespace

uint32_t RendezvousTableSize(uint32_t wanted, size_t endpoints) {
  if (wanted > 0 && wanted >= endpoints) return std::min(wanted, kMaxTableSlots);
  const auto* fitting = std::find_if(std::begin(kSizes), std::end(kSizes), [&](uint64_t slots) {
    return slots >= kSlotsPerEndpoint * endpoints;
  });
  return fitting == std::end(kSizes) ? kMaxTableSlots : *fitting;
}

template <typename Slot>
std::vector<Slot> BuildRendezvousTable(absl::Span<const Endpoint> endpoints,
                                       absl::Span<const CanonicalEndpoint> order, uint32_t size) {
  return Handout<Slot>(endpoints, order, size).Run();
}

template std::vector<uint8_t> BuildRendezvousTable(absl::Span<const Endpoint>,
                                                   absl::Span<const CanonicalEndpoint>, uint32_t);
template std::vector<uint16_t> BuildRendezvousTable(absl::Span<const Endpoint>,
                                                    absl::Span<const CanonicalEndpoint>, uint32_t);
template std::vector<uint32_t> BuildRendezvousTable(absl::Span<const Endpoint>,
                                                    absl::Span<const CanonicalEndpoint>, uint32_t);

}  // namespace nines
