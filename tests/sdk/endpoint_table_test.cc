// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_table.h"

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

TEST(EndpointStateTest, LivesAsLongAsALeaseAfterItsOwnersAreGone) {
  EndpointTable table;
  table.Merge(EndpointsNamed({"a"}), MakeDeafState);
  EndpointState* const state = table.Find("a")->state.get();
  ASSERT_EQ(state->TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);

  table.Merge({}, MakeDeafState);

  EXPECT_EQ(state->in_flight(), 1u);
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

}  // namespace
}  // namespace nines
