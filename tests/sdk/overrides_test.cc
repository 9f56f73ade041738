// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Override kDrain{.mode = Override::Mode::kDrain};

class OverridesTest : public ::testing::Test {
 protected:
  absl::Time now_ = absl::FromUnixSeconds(1000);
  EventRecorder recorder_;
  Overrides overrides_{[this](Event event) { recorder_.OnEvent(event); }};
};

TEST_F(OverridesTest, HoldsWhatWasSaidLast) {
  ASSERT_TRUE(overrides_.Set("a", kDrain, now_).ok());
  ASSERT_TRUE(overrides_.Set("a", {.weight = 7, .note = "less"}, now_).ok());

  ASSERT_NE(overrides_.Find("a"), nullptr);
  EXPECT_EQ(overrides_.Find("a")->wish, (Override{.weight = 7, .note = "less"}));
  EXPECT_EQ(overrides_.Find("b"), nullptr);
  EXPECT_THAT(recorder_.lines, ElementsAre("a override_set", "a override_set"));
  EXPECT_EQ(recorder_.events[1].reason, "weight 7: less; it was: drain");
}

TEST_F(OverridesTest, EndsWhenCleared) {
  ASSERT_TRUE(overrides_.Set("a", kDrain, now_).ok());
  ASSERT_TRUE(overrides_.Set("a", {.note = "done, jane"}, now_).ok());

  EXPECT_EQ(overrides_.Find("a"), nullptr);
  EXPECT_THAT(recorder_.lines, ElementsAre("a override_set", "a override_ended"));
  EXPECT_EQ(recorder_.events[1].reason, "cleared by hand: done, jane; it was: drain");
}

TEST_F(OverridesTest, ClearingNothingIsNoEvent) {
  EXPECT_TRUE(overrides_.Set("a", {}, now_).ok());

  EXPECT_THAT(recorder_.lines, IsEmpty());
}

TEST_F(OverridesTest, ExpiresEachInItsTime) {
  ASSERT_TRUE(overrides_.Set("late", {.weight = 1, .expires_after = absl::Hours(1)}, now_).ok());
  ASSERT_TRUE(overrides_.Set("b", {.weight = 1, .expires_after = absl::Seconds(5)}, now_).ok());
  ASSERT_TRUE(overrides_.Set("a", {.weight = 1, .expires_after = absl::Seconds(5)}, now_).ok());
  ASSERT_TRUE(overrides_.Set("never", kDrain, now_).ok());
  EXPECT_EQ(overrides_.NextDue(), now_ + absl::Seconds(5));

  EXPECT_THAT(overrides_.Expire(now_ + absl::Seconds(4.999)), IsEmpty());
  EXPECT_THAT(overrides_.Expire(now_ + absl::Seconds(5)), ElementsAre("a", "b"));

  EXPECT_EQ(recorder_.lines.back(), "b override_ended");
  EXPECT_EQ(recorder_.events.back().reason, "expired; it was: weight 1, for 5s");
  EXPECT_EQ(overrides_.NextDue(), now_ + absl::Hours(1));
  EXPECT_NE(overrides_.Find("never"), nullptr);
}

TEST_F(OverridesTest, AReplacedOneDoesNotExpire) {
  ASSERT_TRUE(overrides_.Set("a", {.weight = 1, .expires_after = absl::Seconds(5)}, now_).ok());
  ASSERT_TRUE(overrides_.Set("a", kDrain, now_).ok());

  EXPECT_THAT(overrides_.Expire(now_ + absl::Seconds(5)), IsEmpty());

  EXPECT_NE(overrides_.Find("a"), nullptr);
}

TEST_F(OverridesTest, KeepsNoMoreThanTheMost) {
  Overrides overrides(nullptr);
  for (size_t i = 0; i < kMaxOverrides; ++i) {
    ASSERT_TRUE(overrides.Set(absl::StrCat(i), kDrain, now_).ok());
  }

  EXPECT_EQ(overrides.Set("one more", kDrain, now_).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(overrides.Set("5", {.weight = 3}, now_).ok()) << "in place of another";
  EXPECT_TRUE(overrides.Set("5", {}, now_).ok());
  EXPECT_TRUE(overrides.Set("one more", kDrain, now_).ok());
}

class DrainTest : public OverridesTest {
 protected:
  DrainTest() {
    table_.Merge(EndpointsNamed({"a", "b"}), MakeDeafState);
    for (const auto& record : table_.records()) record->state->SetFlags(EndpointState::kDraining);
  }
  void Look() { overrides_.LookForDrained(table_, now_); }
  EndpointState& State(const char* address) { return *table_.Find(address)->state; }

  EndpointTable table_;
};

TEST_F(DrainTest, SaysOnceWhenTheLastCallHasEnded) {
  State("a").TryLease(0);
  overrides_.WatchDrain("a", now_);
  now_ += absl::Seconds(1);
  Look();
  EXPECT_THAT(recorder_.lines, IsEmpty());
  ASSERT_LT(overrides_.NextDue(), absl::InfiniteFuture());

  State("a").Unlease();
  now_ = overrides_.NextDue();
  Look();
  Look();

  EXPECT_THAT(recorder_.lines, ElementsAre("a drained"));
  EXPECT_EQ(overrides_.NextDue(), absl::InfiniteFuture());
}

// A pick that saw it before it drained may not have counted its call yet.
TEST_F(DrainTest, DoesNotLookAtOnce) {
  overrides_.WatchDrain("a", now_);
  now_ = overrides_.NextDue();
  overrides_.WatchDrain("b", now_ - absl::Milliseconds(1));

  Look();

  EXPECT_THAT(recorder_.lines, ElementsAre("a drained"));
  EXPECT_LT(overrides_.NextDue(), absl::InfiniteFuture());
}

TEST_F(DrainTest, IsOverWhenTheEndpointIsBackOrGone) {
  overrides_.WatchDrain("a", now_);
  overrides_.WatchDrain("b", now_);
  State("a").ClearFlags(EndpointState::kDraining);
  table_.Merge(EndpointsNamed({"a"}), MakeDeafState);

  now_ = overrides_.NextDue();
  Look();

  EXPECT_THAT(recorder_.lines, IsEmpty());
  EXPECT_EQ(overrides_.NextDue(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace nines
