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
// cache, and all the time is in the one loop of Round(). Not taken, with figures:
// docs/decisions/hash-table.md.

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

// The table while it is handed out. Slots are counted from 0; there is one more, for what nobody
// shall read. A value that points into what Handout owns: as a local variable it stays in
// registers, where members would be read anew after each store.
template <typename Slot>
class Board {
 public:
  Board(uint64_t* taken, Slot* slots, uint32_t size) : taken_(taken), slots_(slots), size_(size) {}

  uint32_t size() const { return size_; }

  // Gives the slot to the endpoint at `index`, if it is free: 1, else 0. No branch, as nobody can
  // predict it.
  uint64_t Take(uint32_t slot, uint32_t index) const {
    uint64_t& word = taken_[slot / 64];
    const uint64_t is_free = ~word >> (slot % 64) & 1;
    word |= uint64_t{1} << (slot % 64);
    // slot or, beyond all of them, size_. Compilers make a branch of "?:" here.
    slots_[size_ ^ ((size_ ^ slot) & (0 - static_cast<uint32_t>(is_free)))] =
        static_cast<Slot>(index);
    return is_free;
  }

  // What is free of the row that `slot` is in: bit b for slot 64 × (slot / 64) + b.
  uint64_t FreeInRowOf(uint32_t slot) const {
    const uint64_t row = ((uint64_t{1} << kRowSlots) - 1) << (slot % 64 / kRowSlots * kRowSlots);
    return ~taken_[slot / 64] & row;
  }

 private:
  uint64_t* taken_;  // a bit each
  Slot* slots_;
  uint32_t size_;
};

// An endpoint that asks for slots. As small as can be: with 10,000 of them, each round reads and
// writes them all.
class Asker {
 public:
  Asker(uint64_t start_of_order, uint32_t limit, uint32_t index)
      : order_(start_of_order), left_and_index_(uint64_t{limit} << 32 | index) {}

  // Where it asks next.
  uint32_t NextSlot(uint32_t size) { return order_.Next(size); }
  // From now on in the order that begins there.
  void Restart(uint64_t start_of_order) { order_ = Order(start_of_order); }

  // Slots until its limit.
  uint32_t left() const { return static_cast<uint32_t>(left_and_index_ >> 32); }
  bool is_below_limit() const { return left() != 0; }
  void set_left(uint32_t left) { left_and_index_ = uint64_t{left} << 32 | index(); }
  void Got(uint64_t slots) { left_and_index_ -= slots << 32; }

  // In the list of endpoints.
  uint32_t index() const { return static_cast<uint32_t>(left_and_index_); }

 private:
  Order order_;
  uint64_t left_and_index_;  // in one word, which is read and written at once
};

// What else there is to know of an endpoint that asks.
struct Pace {
  uint32_t weight;  // at least 1
  uint32_t credit;  // what it has saved up for its next try
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
        taken_(size / 64 + 1),
        slots_(size + 1),
        board_(taken_.data(), slots_.data(), size),
        free_count_(size) {
    taken_.back() = ~uint64_t{0} << (size % 64);  // those beyond the end are nobody's
  }

  std::vector<Slot> Run() && {
    if (order_.size() > 1) HandOutAll();  // else all of them are 0, the only index
    slots_.pop_back();
    return std::move(slots_);
  }

 private:
  void HandOutAll() {
    MakeAskers();
    if (askers_.size() > size_) askers_.erase(askers_.begin() + size_, askers_.end());
    Round([](Asker& asker, Board<Slot> board) { return TakeOne(asker, board); });
    PacedRounds(FreeWhenRowsBegin(),
                [](Asker& asker, Board<Slot> board) { return TryOne(asker, board); });
    AskForRows();
    PacedRounds(/*enough=*/0, [](Asker& asker, Board<Slot> board) { return TryRow(asker, board); });
    if (free_count_ > 0) HandOutTheRest();
  }

  void MakeAskers() {
    askers_.clear();
    askers_.reserve(order_.size());
    paces_.resize(order_.size());
    starts_of_rows_.resize(order_.size());
    for (const auto& [index, hash] : order_) {
      const uint32_t weight = Shares::Weight(endpoints_[index]);
      askers_.push_back(Asker(hash.low, shares_.Limit(weight, Mix(hash.high, 0)), index));
      paces_[index] = {weight, /*credit=*/0};
      starts_of_rows_[index] = hash.high;
    }
    // Neighbours that ask alike are a third of the time, with unequal weights: branch prediction.
    const auto is_heavier = [this](const Asker& a, const Asker& b) {
      return paces_[a.index()].weight > paces_[b.index()].weight;
    };
    if (!std::is_sorted(askers_.begin(), askers_.end(), is_heavier)) {
      std::stable_sort(askers_.begin(), askers_.end(), is_heavier);
    }
  }

  void AskForRows() {
    for (Asker& asker : askers_) asker.Restart(starts_of_rows_[asker.index()]);
  }

  uint32_t FreeWhenRowsBegin() const {
    const uint64_t endpoints = std::min<uint64_t>(order_.size(), kFew);
    return static_cast<uint32_t>(size_ * endpoints / (kFreeParts * kFew));
  }

  // Everyone asks, one after the other; who is at its limit leaves. `ask` returns how many slots it
  // was given.
  template <typename Ask>
  void Round(Ask ask) {
    const Board<Slot> board = board_;
    Asker* kept = askers_.data();
    uint64_t given = 0;
    for (const Asker& waiting : askers_) {
      Asker asker = waiting;  // a copy, which the compiler can keep in registers
      given += ask(asker, board);
      *kept = asker;
      kept += asker.is_below_limit() ? 1 : 0;
    }
    askers_.erase(askers_.begin() + (kept - askers_.data()), askers_.end());
    free_count_ -= static_cast<uint32_t>(given);
  }

  // Rounds in which each tries as often as its weight lets it.
  template <typename Try>
  void PacedRounds(uint32_t enough, Try try_once) {
    if (shares_.is_one_try_a_turn()) return Rounds(enough, try_once);  // saves a third of the time
    Rounds(enough, [try_once, paces = paces_.data(), price_bits = shares_.price_bits()](
                       Asker& asker, Board<Slot> board) {
      Pace& pace = paces[asker.index()];
      const uint64_t credit = uint64_t{pace.credit} + pace.weight;
      pace.credit = static_cast<uint32_t>(credit & ((uint64_t{1} << price_bits) - 1));
      uint64_t given = 0;
      for (uint64_t tries = credit >> price_bits; tries > 0 && asker.is_below_limit(); --tries) {
        given += try_once(asker, board);
      }
      return given;
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

  // Whatever its weight, everyone gets one.
  static uint64_t TakeOne(Asker& asker, Board<Slot> board) {
    while (TryOne(asker, board) == 0) {
    }
    return 1;
  }

  static uint64_t TryOne(Asker& asker, Board<Slot> board) {
    const uint64_t given = board.Take(asker.NextSlot(board.size()), asker.index());
    asker.Got(given);
    return given;
  }

  static uint64_t TryRow(Asker& asker, Board<Slot> board) {
    const uint32_t slot = asker.NextSlot(board.size());
    uint64_t given = 0;
    for (uint64_t row = board.FreeInRowOf(slot); row != 0 && given < asker.left(); row &= row - 1) {
      given +=
          board.Take(slot / 64 * 64 + static_cast<uint32_t>(absl::countr_zero(row)), asker.index());
    }
    asker.Got(given);
    return given;
  }

  // Those who are below their limits ask too seldom, or rounding has made limits add up to less
  // than there is: a few slots, of tables that are small or of weights far apart. No limits, then.
  void HandOutTheRest() {
    MakeAskers();
    AskForRows();
    for (Asker& asker : askers_) asker.set_left(size_);
    // Ends: an order comes by every slot.
    while (free_count_ > 0) {
      PacedRounds(/*enough=*/0,
                  [](Asker& asker, Board<Slot> board) { return TryRow(asker, board); });
    }
  }

  const absl::Span<const Endpoint> endpoints_;
  const absl::Span<const CanonicalEndpoint> order_;
  const uint32_t size_;
  const Shares shares_;
  std::vector<Asker> askers_;             // who is below its limit, in the order in which they ask
  std::vector<Pace> paces_;               // by index
  std::vector<uint64_t> starts_of_rows_;  // by index: of the order in which it asks for rows
  std::vector<uint64_t> taken_;           // board_'s
  std::vector<Slot> slots_;               // board_'s
  const Board<Slot> board_;
  uint32_t free_count_;
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
