// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_table.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Addresses(const EndpointTable& table) {
  std::vector<std::string> addresses;
  for (const auto& record : table.records()) addresses.push_back(record->endpoint.address);
  return addresses;
}

TEST(EndpointTableTest, KeepsStateOfEndpointsThatStay) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a", "b"}), MakeDeafState);
  EndpointState* const before = table.Find("b")->state.get();
  table.Find("b")->ejection_multiplier = 7;

  const auto changes = table.Merge(EndpointsNamed({"b", "c"}), MakeDeafState);

  EXPECT_EQ(table.Find("b")->state.get(), before);
  EXPECT_EQ(table.Find("b")->ejection_multiplier, 7u);
  EXPECT_THAT(changes.added, ElementsAre("c"));
  ASSERT_EQ(changes.removed.size(), 1u);
  EXPECT_EQ(changes.removed[0]->endpoint.address, "a");
  EXPECT_EQ(table.Find("a"), nullptr);
}

TEST(EndpointTableTest, DropsLaterDuplicates) {
  EndpointTable table;

  table.Merge(EndpointsNamed({"a", "b", "a"}), MakeDeafState);

  EXPECT_THAT(Addresses(table), ElementsAre("a", "b"));
}

TEST(EndpointTableTest, KeepsStatesWhateverTheOrderOfTheNextList) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a", "b", "c", "d", "e", "f"}), MakeDeafState);
  std::map<std::string, EndpointState*> before;
  for (const auto& record : table.records()) {
    before[record->endpoint.address] = record->state.get();
  }

  // Gone, new, a duplicate, one step back, and the rest in order.
  table.Merge(EndpointsNamed({"b", "x", "f", "b", "d", "c", "y", "a"}), MakeDeafState);

  EXPECT_THAT(Addresses(table), ElementsAre("b", "x", "f", "d", "c", "y", "a"));
  for (const char* address : {"a", "b", "c", "d", "f"}) {
    EXPECT_EQ(table.Find(address)->state.get(), before[address]) << address;
  }
}

TEST(EndpointTableTest, FindsTheUnknown) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a", "b", "c"}), MakeDeafState);
  const EndpointList endpoints = EndpointsNamed({"x", "c", "y", "a", "b"});

  EXPECT_THAT(table.FindUnknown(endpoints), ElementsAre(&endpoints[0], &endpoints[2]));
}

TEST(EndpointTableTest, SaysThatAnEqualListChangesNothing) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a", "b"}), MakeDeafState);

  const auto changes = table.Merge(EndpointsNamed({"b", "a"}), MakeDeafState);

  EXPECT_FALSE(changes.changed);
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_THAT(Addresses(table), ElementsAre("b", "a"));
}

TEST(EndpointTableTest, SaysThatANewWeightIsAChange) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointList heavier = EndpointsNamed({"a"});
  heavier[0].weight = 3;

  const auto changes = table.Merge(heavier, MakeDeafState);

  EXPECT_TRUE(changes.changed);
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_EQ(table.Find("a")->endpoint.weight, 3u);
}

TEST(EndpointTableTest, SaysThatNewAttributesChangeNothingThatPicksRead) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState* const before = table.Find("a")->state.get();
  EndpointList labelled = EndpointsNamed({"a"});
  labelled[0].zone = "z";
  labelled[0].attributes["rack"] = "7";

  const auto changes = table.Merge(labelled, MakeDeafState);

  EXPECT_FALSE(changes.changed);
  EXPECT_EQ(table.Find("a")->state.get(), before);
  EXPECT_EQ(table.Find("a")->endpoint, labelled[0]);
}

TEST(EndpointStateTest, KeepsTheEndpointThatItsReaderSawFirst) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointList labelled = EndpointsNamed({"a"});
  const auto first = table.Find("a")->state->latest_endpoint();
  labelled[0].zone = "z1";
  table.Merge(labelled, MakeDeafState);
  const auto second = table.Find("a")->state->latest_endpoint();
  labelled[0].zone = "z2";
  table.Merge(labelled, MakeDeafState);

  EXPECT_EQ(first->zone, "");
  EXPECT_EQ(second->zone, "z1");
  EXPECT_EQ(table.Find("a")->state->latest_endpoint()->zone, "z2");
}

TEST(EndpointStateTest, LivesAsLongAsALeaseAfterItsOwnersAreGone) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState* const state = table.Find("a")->state.get();
  ASSERT_EQ(state->TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);

  table.Merge({}, MakeDeafState);

  EXPECT_EQ(state->endpoint().address, "a");
  state->Unlease();  // deletes it; AddressSanitizer sees a leak or a double deletion
}

TEST(EndpointStateTest, GivesTheTrialToOneCallAtATime) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState& state = *table.Find("a")->state;
  const uint32_t mask = EndpointState::kHardFlags | EndpointState::kHealthFlags;
  state.SetFlags(EndpointState::kTrial);

  EXPECT_EQ(state.TryLease(mask), EndpointState::Grant::kTrial);
  EXPECT_EQ(state.TryLease(mask), EndpointState::Grant::kNone);
  // In panic others may go there too, but the trial stays with the first.
  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);
  state.Unlease();
  state.Unlease();
}

TEST(EndpointStateTest, LeasesUpToALimitAndNotBeyond) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState& state = *table.Find("a")->state;

  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags, 2), EndpointState::Grant::kCall);
  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags, 2), EndpointState::Grant::kCall);
  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags, 2), EndpointState::Grant::kNone);
  state.Unlease();
  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags, 2), EndpointState::Grant::kCall);
  state.Unlease();
  state.Unlease();
  EXPECT_EQ(state.in_flight(), 0u);
}

TEST(EndpointStateTest, ATrialThatIsLostLeavesNothingInFlight) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState& state = *table.Find("a")->state;
  state.SetFlags(EndpointState::kTrial | EndpointState::kTrialBusy);

  EXPECT_EQ(state.TryLease(EndpointState::kHardFlags | EndpointState::kHealthFlags),
            EndpointState::Grant::kNone);

  EXPECT_EQ(state.in_flight(), 0u);
}

TEST(EndpointRecordTest, CountsCallsBeyondWhatTheStateCanHold) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointRecord& record = *table.Find("a");
  record.calls = (1ull << 32) - 1;
  record.failures = (1ull << 32) - 1;
  ASSERT_EQ(record.state->TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);
  record.state->Report({}, MakeOutcome(absl::UnavailableError("boom")));

  record.CountCalls();
  record.CountCalls();

  EXPECT_EQ(record.calls, 1ull << 32);
  EXPECT_EQ(record.failures, 1ull << 32);
}

TEST(EndpointTableTest, NumbersTiersInTheirOrder) {
  EndpointTable table;
  EndpointList endpoints = EndpointsNamed({"a", "b", "c", "d"});
  endpoints[0].tier = 20;
  endpoints[1].tier = 0;
  endpoints[2].tier = 7;
  endpoints[3].tier = 20;

  table.Merge(endpoints, MakeDeafState);

  EXPECT_EQ(table.tier_count(), 3u);
  EXPECT_EQ(table.Find("a")->tier, 2u);
  EXPECT_EQ(table.Find("b")->tier, 0u);
  EXPECT_EQ(table.Find("c")->tier, 1u);
  EXPECT_EQ(table.Find("d")->tier, 2u);
}

TEST(EndpointTableTest, EmptyTableHasOneTier) {
  EndpointTable table;

  table.Merge({}, MakeDeafState);

  EXPECT_EQ(table.tier_count(), 1u);
}

TEST(StateArenaTest, LaysStatesSideBySide) {
  const auto arena = std::make_shared<StateArena>();
  std::vector<EndpointRef> states;

  for (const Endpoint& endpoint : EndpointsNamed({"a", "b", "c"})) {
    states.push_back(arena->Make(endpoint, nullptr, std::make_shared<DeafListener>(), 0));
  }

  EXPECT_EQ(states[0].get() + 1, states[1].get());
  EXPECT_EQ(states[1].get() + 1, states[2].get());
}

TEST(StateArenaTest, UsesTheCellsOfTheGoneAgain) {
  const auto arena = std::make_shared<StateArena>();
  const Endpoint endpoint = EndpointsNamed({"a"})[0];
  const auto make = [&] {
    return arena->Make(endpoint, nullptr, std::make_shared<DeafListener>(), 0);
  };
  EndpointRef kept = make();
  const EndpointState* const first = kept.get();
  const uint64_t first_id = first->id();
  kept = EndpointRef();

  for (int i = 0; i < 3000; ++i) make();
  const EndpointRef again = make();

  EXPECT_EQ(again.get(), first);
  EXPECT_NE(again->id(), first_id);
}

TEST(StateArenaTest, GrowsAndLivesAsLongAsItsStates) {
  auto arena = std::make_shared<StateArena>();
  std::vector<EndpointRef> states;
  for (int i = 0; i < 5000; ++i) {
    Endpoint endpoint;
    endpoint.address = std::to_string(i);
    states.push_back(arena->Make(endpoint, nullptr, std::make_shared<DeafListener>(), 0));
  }

  arena.reset();

  EXPECT_EQ(states.front()->endpoint().address, "0");
  EXPECT_EQ(states.back()->endpoint().address, "4999");
}

}  // namespace
}  // namespace nines
