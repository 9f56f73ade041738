// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/lease_count.h"

#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "endpoints/endpoint_state.h"
#include "endpoints/state_arena.h"
#include "support/endpoint_states.h"

namespace nines {
namespace {

constexpr uint32_t kMask = EndpointState::kHardFlags;
constexpr EndpointState::Grant kCall = EndpointState::Grant::kCall;

// What the balancer does for the endpoints that it knows: they leave their cells before they go.
class KnownState {
 public:
  explicit KnownState(EndpointRef state) : state_(std::move(state)) {}
  KnownState(KnownState&&) = default;
  ~KnownState() { Forget(); }

  void Forget() {
    if (state_.get() == nullptr) return;
    state_->leases().LeaveCells();
    state_ = EndpointRef();
  }

  EndpointState* get() const { return state_.get(); }
  EndpointState* operator->() const { return state_.get(); }
  EndpointState& operator*() const { return *state_; }

 private:
  EndpointRef state_;
};

// States of one arena, whose end can be seen.
class LeaseCountTest : public testing::Test {
 protected:
  static void Begin(EndpointState& state) {
    const ReadSection section;
    ASSERT_EQ(state.TryLease(kMask), kCall);
  }
  static void Begin(EndpointState& state, int times) {
    for (int i = 0; i < times; ++i) Begin(state);
  }
  static void End(EndpointState& state, int times) {
    for (int i = 0; i < times; ++i) state.Unlease();
  }

  // Whether the state still is, which holds the listener.
  bool IsAlive() const { return !listener_.expired(); }

  KnownState MakeState() {
    const auto listener = std::make_shared<DeafListener>();
    listener_ = listener;
    return KnownState(arena_->Make({}, nullptr, listener, 0));
  }

  const std::shared_ptr<StateArena> arena_ = std::make_shared<StateArena>();
  std::weak_ptr<DeafListener> listener_;
};

TEST_F(LeaseCountTest, CountsInCellsLeaseByLease) {
  const KnownState state = MakeState();
  state->leases().UseCells();

  Begin(*state, 3);
  EXPECT_EQ(state->in_flight(), 3u);
  EXPECT_EQ(state->in_flight_to_compare(), 0u);  // which shows that cells are used
  End(*state, 2);
  EXPECT_EQ(state->in_flight(), 1u);
  End(*state, 1);
  EXPECT_EQ(state->in_flight(), 0u);
}

TEST_F(LeaseCountTest, KeepsTheCountWhateverTheModesOfBeginningAndEnd) {
  const KnownState state = MakeState();
  Begin(*state, 5);
  state->leases().UseCells();
  End(*state, 2);
  Begin(*state, 4);
  EXPECT_EQ(state->in_flight(), 7u);

  state->leases().LeaveCells();
  End(*state, 3);
  Begin(*state, 2);
  EXPECT_EQ(state->in_flight(), 6u);
  state->leases().Settle();
  EXPECT_EQ(state->in_flight(), 6u);
  EXPECT_EQ(state->in_flight_to_compare(), 6u);

  state->leases().UseCells();
  End(*state, 6);
  EXPECT_EQ(state->in_flight(), 0u);
}

// Who picked under a table that counts in words ends there, though the next table has cells.
TEST_F(LeaseCountTest, EndsInTheWordWhateverTheMode) {
  KnownState state = MakeState();
  Begin(*state, 2);
  state->leases().UseCells();
  Begin(*state, 1);

  state->Unlease(LeaseCount::Place::kWord);
  EXPECT_EQ(state->in_flight(), 2u);
  state->Unlease(LeaseCount::Place::kWord);
  state->leases().LeaveCells();
  EndpointState* const last = state.get();
  state.Forget();
  EXPECT_TRUE(IsAlive());
  last->Unlease(LeaseCount::Place::kWord);

  EXPECT_FALSE(IsAlive());
}

TEST_F(LeaseCountTest, GoesBackToCellsBeforeItHasSettled) {
  const KnownState state = MakeState();
  state->leases().UseCells();
  Begin(*state, 2);
  state->leases().LeaveCells();
  Begin(*state, 1);

  state->leases().UseCells();
  state->leases().Settle();  // nothing to settle: cells count

  EXPECT_EQ(state->in_flight(), 3u);
  End(*state, 3);
  EXPECT_EQ(state->in_flight(), 0u);
}

TEST_F(LeaseCountTest, CountsReportsInEveryMode) {
  const KnownState state = MakeState();
  const Outcome good = MakeOutcome(absl::OkStatus());
  Begin(*state, 4);
  state->Report({}, good);
  state->leases().UseCells();
  state->Report({}, good);
  End(*state, 1);
  EXPECT_EQ(state->reports(), 2u);
  state->leases().LeaveCells();
  state->Report({}, good);
  EXPECT_EQ(state->reports(), 3u);

  state->leases().Settle();

  EXPECT_EQ(state->reports(), 3u);
  EXPECT_EQ(state->in_flight(), 0u);
}

TEST_F(LeaseCountTest, NeighboursDoNotShareCells) {
  std::vector<KnownState> states;
  for (int i = 0; i < 20; ++i) states.push_back(MakeState());
  for (const KnownState& state : states) state->leases().UseCells();

  for (int i = 0; i < 20; ++i) Begin(*states[i], i);

  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(states[i]->in_flight(), i);
  for (int i = 0; i < 20; ++i) End(*states[i], i);
}

TEST_F(LeaseCountTest, SumsOverMoreThreadsThanThereAreCells) {
  constexpr int kThreads = 2 * LeaseCells::kCells;
  const KnownState state = MakeState();
  state->leases().UseCells();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        Begin(*state, 2);
        End(*state, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(state->in_flight(), kThreads * 1000u);
  End(*state, kThreads * 1000);  // on a thread that began none of them
  EXPECT_EQ(state->in_flight(), 0u);
}

TEST_F(LeaseCountTest, ALimitCountsWhatIsLeftInCells) {
  const KnownState state = MakeState();
  state->leases().UseCells();
  Begin(*state, 3);
  state->leases().LeaveCells();

  EXPECT_EQ(state->TryLease(kMask, 3), EndpointState::Grant::kNone);
  EXPECT_EQ(state->TryLease(kMask, 4), kCall);
  state->leases().Settle();
  EXPECT_EQ(state->TryLease(kMask, 4), EndpointState::Grant::kNone);
  End(*state, 4);
}

TEST_F(LeaseCountTest, GoesWithItsLastOwnerIfNothingIsInFlight) {
  KnownState state = MakeState();
  state->leases().UseCells();
  Begin(*state, 2);
  End(*state, 2);

  state.Forget();

  EXPECT_FALSE(IsAlive());
}

TEST_F(LeaseCountTest, GoesWithTheLastLeaseOfACell) {
  KnownState owner = MakeState();
  EndpointState& state = *owner;
  state.leases().UseCells();
  Begin(state, 2);
  owner.Forget();

  End(state, 1);
  EXPECT_TRUE(IsAlive());
  std::thread([&] { End(state, 1); }).join();

  EXPECT_FALSE(IsAlive());
}

TEST_F(LeaseCountTest, GoesWithALeaseThatBeganInTheWordAndEndedInACell) {
  KnownState owner = MakeState();
  EndpointState& state = *owner;
  Begin(state, 2);
  state.leases().UseCells();
  End(state, 1);
  Begin(state, 1);
  state.leases().LeaveCells();
  End(state, 1);
  owner.Forget();
  EXPECT_TRUE(IsAlive());

  End(state, 1);

  EXPECT_FALSE(IsAlive());
}

TEST_F(LeaseCountTest, InheritsTheCellsOfAStateThatIsGone) {
  KnownState first = MakeState();
  const EndpointState* const place = first.get();
  first->leases().UseCells();
  Begin(*first, 3);
  std::thread([&] { End(*first, 3); }).join();  // what is left in the two cells adds up to 0
  Begin(*first, 2);
  first->leases().LeaveCells();
  End(*first, 2);  // and now to 2
  first.Forget();

  const KnownState second = MakeState();
  ASSERT_EQ(second.get(), place);
  EXPECT_EQ(second->in_flight(), 0u);
  second->leases().UseCells();
  EXPECT_EQ(second->in_flight(), 0u);
  Begin(*second, 1);
  EXPECT_EQ(second->in_flight(), 1u);
  End(*second, 1);
}

// Ends its lease when its thread's thread_local objects go.
struct LateEnd {
  ~LateEnd() {
    if (state != nullptr) state->Unlease();
  }
  EndpointState* state = nullptr;
};

TEST_F(LeaseCountTest, AThreadThatIsEndingTakesNoSlotThatIsNeverGivenBack) {
  const KnownState state = MakeState();
  state->leases().UseCells();
  size_t slots = 0;

  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      // Made before the thread's slot is, and so destroyed after it is given back.
      thread_local LateEnd late;
      Begin(*state, 1);
      late.state = state.get();
    }).join();
    if (i == 0) slots = ReadSection::SlotCount();
  }

  EXPECT_EQ(ReadSection::SlotCount(), slots);
  EXPECT_EQ(state->in_flight(), 0u);
}

// The cache lines that a processor may fetch together hold no cells that two threads own.
TEST(LeaseCellsTest, LieApartFromEachOtherAndFromStates) {
  const auto arena = std::make_shared<StateArena>();
  arena->Reserve(100);
  std::vector<EndpointRef> states;
  std::set<uintptr_t> state_lines;
  for (int i = 0; i < 100; ++i) {
    states.push_back(arena->Make({}, nullptr, std::make_shared<DeafListener>(), 0));
    state_lines.insert(reinterpret_cast<uintptr_t>(states.back().get()) / LeaseCells::kLine);
  }

  for (const EndpointRef& state : states) {
    const uintptr_t half =
        (reinterpret_cast<uintptr_t>(state.get()) & ~(LeaseCells::kHalf - 1)) ^ LeaseCells::kHalf;
    for (size_t line = 0; line < LeaseCells::kCells; ++line) {
      EXPECT_EQ(state_lines.count(half / LeaseCells::kLine + line), 0u);
    }
  }
  EXPECT_EQ(state_lines.size(), 100u);
}

}  // namespace
}  // namespace nines
