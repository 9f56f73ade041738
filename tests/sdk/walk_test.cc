// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/walk.h"

#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"
#include "support/rotating_policy.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr uint32_t kMask = EndpointState::kHardFlags | EndpointState::kHealthFlags;

// Walks over endpoints "a", "b", …, each call by a seed that the test chooses.
class WalkTest : public ::testing::Test {
 protected:
  void Start(const EndpointList& endpoints) {
    endpoints_.Merge(endpoints, MakeDeafState);
    std::vector<TierCount> counts(endpoints_.tier_count());
    for (const auto& record : endpoints_.records()) {
      ++counts[record->tier].known;
      ++counts[record->tier].usable;
      counts[record->tier].usable_weight += record->state->weight();
    }
    auto table = BuildPickTable(
        DraftPickTable(endpoints_, std::make_shared<RotatingPolicy>(policy_), config_));
    table->SetTiers(counts, 1.4);
    table_ = std::move(table);
  }
  void StartNamed(const std::vector<std::string>& addresses) { Start(EndpointsNamed(addresses)); }
  void TearDown() override {
    for (EndpointState* leased : leased_) leased->Unlease();
  }

  EndpointState& State(const std::string& address) { return *endpoints_.Find(address)->state; }

  // Where the call with this seed goes, "" if nowhere. Its lease is kept.
  std::string Pick(uint64_t seed) { return Pick(seed, memory_); }
  std::string Pick(uint64_t seed, CallMemory& memory) {
    LeaseTaker taker;
    const WalkCall call{seed, memory, kMask, leased_.size()};
    taken_ = Walk<LeaseTaker>(*table_, call, taker).Run();
    if (taken_.endpoint == nullptr) return "";
    leased_.push_back(taken_.endpoint);
    memory.AddTried(taken_.endpoint->id());
    if (&memory == &memory_) memory_ = CallMemory();
    return taken_.endpoint->endpoint().address;
  }
  void EndLeases() {
    for (EndpointState* leased : leased_) leased->Unlease();
    leased_.clear();
  }
  std::map<std::string, int> PickTimes(int times) {
    std::map<std::string, int> counts;
    for (int seed = 0; seed < times; ++seed) {
      ++counts[Pick(static_cast<uint64_t>(seed))];
      EndLeases();
    }
    return counts;
  }

  RotatingPolicy::Options policy_;
  BalancerConfig config_;
  EndpointTable endpoints_;
  std::unique_ptr<const PickTable> table_;
  CallMemory memory_;  // of calls that are picked for once
  Taken taken_;        // the latest
  std::vector<EndpointState*> leased_;
};

TEST_F(WalkTest, FindsNobodyInAnEmptyTable) {
  StartNamed({});

  EXPECT_EQ(Pick(0), "");
}

TEST_F(WalkTest, TakesTheFirstCandidateThatIsUsable) {
  StartNamed({"a", "b", "c"});
  State("b").SetFlags(EndpointState::kEjected);

  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(1), "c");
  EXPECT_EQ(Pick(2), "c");
}

TEST_F(WalkTest, PassesOverAnEndpointAtItsLimit) {
  config_.max_in_flight_per_endpoint = 2;
  StartNamed({"a", "b"});

  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(0), "b");
  EXPECT_EQ(Pick(0), "b");
  EXPECT_EQ(Pick(0), "") << "the limit is hard";
}

TEST_F(WalkTest, RepeatsATriedEndpointOnlyBelowItsLimit) {
  config_.max_in_flight_per_endpoint = 1;
  StartNamed({"a"});
  CallMemory memory;
  ASSERT_EQ(Pick(0, memory), "a");

  EXPECT_EQ(Pick(0, memory), "");
  EndLeases();
  EXPECT_EQ(Pick(0, memory), "a");
}

TEST_F(WalkTest, OfTwoChoicesTheLessLoadedTakesTheCall) {
  policy_.choices = 2;
  StartNamed({"a", "b", "c"});

  EXPECT_EQ(Pick(0), "a") << "equal: the first";
  EXPECT_EQ(Pick(0), "b") << "a has one in flight";
  EXPECT_EQ(Pick(0), "a") << "c is the third candidate";
}

TEST_F(WalkTest, ComparesInFlightTimesLatency) {
  policy_.choices = 2;
  StartNamed({"a", "b"});
  State("a").set_latency(1000);
  State("b").set_latency(2500);

  EXPECT_EQ(Pick(1), "a") << "1000 < 2500";
  EXPECT_EQ(Pick(1), "a") << "2000 < 2500";
  EXPECT_EQ(Pick(1), "b") << "3000 > 2500";
}

TEST_F(WalkTest, ComparesCallsInFlightByWeight) {
  policy_.choices = 2;
  EndpointList endpoints = EndpointsNamed({"a", "b"});
  endpoints[1].weight = 3;
  Start(endpoints);

  EXPECT_EQ(Pick(0), "a") << "idle: the first";
  EXPECT_EQ(Pick(0), "b");
  EXPECT_EQ(Pick(0), "b") << "1 of 3 < 1 of 1";
  EXPECT_EQ(Pick(0), "b") << "2 of 3 < 1 of 1";
  EXPECT_EQ(Pick(0), "a") << "3 of 3 = 1 of 1: the first";
}

TEST_F(WalkTest, UnknownLatencyCountsAsFastAsTheOther) {
  policy_.choices = 2;
  StartNamed({"a", "b"});
  State("a").set_latency(1000);

  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(0), "b");
  EXPECT_EQ(Pick(0), "a");
}

TEST_F(WalkTest, ChoosesAmongAllOfSoManyChoices) {
  policy_.choices = 10;
  StartNamed({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  for (const auto& record : endpoints_.records()) record->state->set_latency(10);
  State("h").set_latency(9);

  EXPECT_EQ(Pick(0), "h");
}

TEST_F(WalkTest, MakesDoWithFewerChoicesThanItWants) {
  policy_.choices = 3;
  StartNamed({"a", "b", "c"});
  State("a").SetFlags(EndpointState::kEjected);
  State("c").SetFlags(EndpointState::kEjected);

  EXPECT_EQ(Pick(0), "b");
}

TEST_F(WalkTest, ChoosesNobodyTwiceAndSkipsTheUnusable) {
  policy_.choices = 2;
  StartNamed({"a", "b", "c"});
  State("b").SetFlags(EndpointState::kEjected);
  State("a").set_latency(1000);
  State("c").set_latency(10);

  EXPECT_EQ(Pick(0), "c");
}

TEST_F(WalkTest, RetryAmongChoicesGoesElsewhere) {
  policy_.choices = 2;
  StartNamed({"a", "b", "c"});
  CallMemory memory;

  EXPECT_EQ(Pick(0, memory), "a");
  EndLeases();
  EXPECT_EQ(Pick(0, memory), "b");
  EndLeases();
  EXPECT_EQ(Pick(0, memory), "c");
  EndLeases();
  EXPECT_EQ(Pick(0, memory), "a") << "tried longest ago";
}

TEST_F(WalkTest, PartialShareTakesThatShareOfTheCalls) {
  StartNamed({"a", "b"});
  State("a").set_share(EndpointState::kFullShare / 4);

  const auto counts = PickTimes(40'000);

  // 20,000 calls want a; 5,000 of them get it, with a standard deviation of 61.
  EXPECT_NEAR(counts.at("a"), 5'000, 300);
}

TEST_F(WalkTest, PartialShareTakesTheSameCallsEachTimeAndMoreAsItGrows) {
  StartNamed({"a", "b"});
  int lost = 0;
  for (uint64_t seed = 0; seed < 2'000; seed += 2) {
    State("a").set_share(EndpointState::kFullShare / 4);
    const bool has_it = Pick(seed) == "a";
    State("a").set_share(EndpointState::kFullShare / 2);
    if (has_it && Pick(seed) != "a") ++lost;
    EndLeases();
  }

  EXPECT_EQ(lost, 0);
}

TEST_F(WalkTest, PartialShareTakesACallThatNobodyElseCan) {
  StartNamed({"a", "b"});
  State("a").set_share(0);
  State("b").SetFlags(EndpointState::kNotConnected);

  EXPECT_EQ(Pick(0), "a");
}

TEST_F(WalkTest, PartialShareIsAskedBeforeAnotherTier) {
  EndpointList endpoints = EndpointsNamed({"a", "backup"});
  endpoints[1].tier = 1;
  Start(endpoints);
  State("a").set_share(0);

  EXPECT_EQ(Pick(0), "a");
}

TEST_F(WalkTest, BoundedLoadGivesNobodyMoreThanItsShareTimesTheFactor) {
  HashConfig hash;
  hash.bounded_load = 1.25;
  config_.algorithm = hash;
  StartNamed({"a", "b", "c", "d"});
  std::map<std::string, int> counts;

  for (int i = 0; i < 40; ++i) ++counts[Pick(0)];  // all want a

  // With 40 in flight at most ⌈1.25 × 40 / 4⌉ = 13 each. The order fills a, then b, then c; twice
  // all three were at the bound of that moment.
  EXPECT_THAT(counts, ElementsAre(Pair("a", 13), Pair("b", 13), Pair("c", 12), Pair("d", 2)));
}

TEST_F(WalkTest, BoundedLoadFollowsWeights) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  EndpointList endpoints = EndpointsNamed({"a", "b"});
  endpoints[0].weight = 3;
  Start(endpoints);
  std::map<std::string, int> counts;

  for (int i = 0; i < 40; ++i) ++counts[Pick(1)];  // all want b

  EXPECT_THAT(counts, ElementsAre(Pair("a", 30), Pair("b", 10)));
}

TEST_F(WalkTest, BoundedLoadSaysWhichPicksItMoved) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  StartNamed({"a", "b"});

  Pick(0);
  EXPECT_FALSE(taken_.is_overflow);
  Pick(0);
  EXPECT_TRUE(taken_.is_overflow);
}

// Takes like LeaseTaker, but another thread has been faster the first time.
struct LosingTaker {
  static void OnLook(const PickTable::Tier& /*tier*/, const EndpointState& /*candidate*/,
                     Verdict /*verdict*/) {}
  EndpointState::Grant Take(EndpointState& candidate, uint32_t mask, uint32_t limit) {
    return std::exchange(has_lost, true) ? candidate.TryLease(mask, limit)
                                         : EndpointState::Grant::kNone;
  }

  bool has_lost = false;
};

TEST_F(WalkTest, BoundedLoadMovesAPickThatComesTooLate) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  StartNamed({"a", "b"});
  const CallMemory memory;
  const WalkCall call{0, memory, kMask, 0};
  LosingTaker taker;

  const Taken taken = Walk<LosingTaker>(*table_, call, taker).Run();

  ASSERT_EQ(taken.endpoint, &State("b"));
  leased_.push_back(taken.endpoint);
  EXPECT_TRUE(taken.is_overflow);
}

TEST_F(WalkTest, BoundedLoadNeverFailsACall) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  StartNamed({"a", "b"});
  State("b").SetFlags(EndpointState::kEjected);  // and the bound not yet told

  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(0), "a");
  EXPECT_EQ(Pick(0), "a");
}

// Where the call with this seed would go by the walk of plain tables, which takes short cuts.
EndpointState* PlainPick(const PickTable& table, uint64_t seed) {
  const CallMemory memory;
  const WalkCall call{seed, memory, kMask, 0};
  LeaseTaker taker;
  Walk<LeaseTaker, WalkKind::kPlain> walk(table, call, taker);
  const Taken taken = table.choices == 1 ? walk.RunPlain() : walk.RunPlainChoice();
  if (taken.endpoint != nullptr) taken.endpoint->Unlease();
  return taken.endpoint;
}

// The same by the whole walk.
EndpointState* AnyPick(const PickTable& table, uint64_t seed) {
  const CallMemory memory;
  const WalkCall call{seed, memory, kMask, 0};
  LeaseTaker taker;
  const Taken taken = Walk<LeaseTaker>(table, call, taker).Run();
  if (taken.endpoint != nullptr) taken.endpoint->Unlease();
  return taken.endpoint;
}

TEST_F(WalkTest, PlainWalkFindsWhomTheWholeWalkFinds) {
  for (const uint32_t choices : {1u, 2u, 3u}) {
    policy_.choices = choices;
    StartNamed({"a", "b", "c", "d", "e", "f", "g"});
    State("b").SetFlags(EndpointState::kEjected);
    State("c").SetFlags(EndpointState::kNotConnected);
    State("e").set_share(EndpointState::kFullShare / 2);
    State("f").set_latency(100);
    State("g").set_latency(50);
    ASSERT_TRUE(table_->is_plain);

    for (uint64_t seed = 0; seed < 500; ++seed) {
      ASSERT_EQ(PlainPick(*table_, seed), AnyPick(*table_, seed)) << seed;
    }
  }
}

TEST_F(WalkTest, PlainWalkThatLooksAheadFindsTheSame) {
  StartNamed({"a", "b", "c", "d", "e", "f", "g"});
  for (const char* out : {"a", "c", "d"}) State(out).SetFlags(EndpointState::kEjected);
  State("b").set_share(EndpointState::kFullShare / 2);
  const std::vector<TierCount> counts = {{7, 4, 4}};
  table_->SetTiers(counts, 1.4);
  ASSERT_TRUE(table_->tiers[0].looks_ahead);

  for (uint64_t seed = 0; seed < 500; ++seed) {
    ASSERT_EQ(PlainPick(*table_, seed), AnyPick(*table_, seed)) << seed;
  }
}

TEST_F(WalkTest, LooksAheadOnlyWhileManyAreOut) {
  StartNamed({"a", "b", "c", "d", "e", "f", "g"});
  const std::vector<TierCount> few = {{7, 6, 6}};
  const std::vector<TierCount> many = {{7, 5, 5}};

  EXPECT_FALSE(table_->tiers[0].looks_ahead);
  table_->SetTiers(many, 1.4);
  EXPECT_TRUE(table_->tiers[0].looks_ahead);
  table_->SetTiers(few, 1.4);
  EXPECT_FALSE(table_->tiers[0].looks_ahead);
}

TEST_F(WalkTest, PlainWalkLeavesToTheWholeWalkWhatItCannotDecide) {
  StartNamed({"a"});
  State("a").set_share(0);

  EXPECT_EQ(PlainPick(*table_, 0), nullptr);
  EXPECT_EQ(AnyPick(*table_, 0), &State("a"));
}

TEST_F(WalkTest, TablesWithLimitsOrTiersAreNotPlain) {
  config_.max_in_flight_per_endpoint = 5;
  StartNamed({"a"});
  EXPECT_FALSE(table_->is_plain);

  config_.max_in_flight_per_endpoint = 0;
  HashConfig hash;
  hash.bounded_load = 2.0;
  config_.algorithm = hash;
  StartNamed({"a"});
  EXPECT_FALSE(table_->is_plain);

  config_.algorithm = RandomConfig{};
  EndpointList endpoints = EndpointsNamed({"a", "b"});
  endpoints[1].tier = 1;
  Start(endpoints);
  EXPECT_FALSE(table_->is_plain);
}

class WalkTiersTest : public WalkTest {
 protected:
  // Two in the first tier, two in the second.
  void StartTiers(uint32_t usable_of_first) {
    EndpointList endpoints = EndpointsNamed({"a", "b", "x", "y"});
    endpoints[2].tier = endpoints[3].tier = 5;
    Start(endpoints);
    const std::vector<TierCount> counts = {{2, usable_of_first, usable_of_first}, {2, 2, 2}};
    table_->SetTiers(counts, 1.0);
  }
};

TEST_F(WalkTiersTest, LeavesTheBackupAloneWhileTheFirstTierIsWhole) {
  StartTiers(2);

  EXPECT_THAT(PickTimes(100), ElementsAre(Pair("a", 50), Pair("b", 50)));
}

TEST_F(WalkTiersTest, SpillsWhatTheFirstTierLost) {
  StartTiers(1);

  const auto counts = PickTimes(10'000);

  EXPECT_NEAR(counts.at("x") + counts.at("y"), 5'000, 250);
}

TEST_F(WalkTiersTest, GoesOnToTheOtherTiersWhenItsOwnHasNobody) {
  StartTiers(2);
  State("a").SetFlags(EndpointState::kEjected);
  State("b").SetFlags(EndpointState::kNotConnected);

  EXPECT_EQ(PickTimes(100).at("x"), 50);
}

TEST_F(WalkTiersTest, GoesBackToTheFirstTierWhenTheBackupHasNobody) {
  StartTiers(0);
  State("x").SetFlags(EndpointState::kEjected);
  State("y").SetFlags(EndpointState::kEjected);

  EXPECT_THAT(PickTimes(100), ElementsAre(Pair("a", 50), Pair("b", 50)));
}

TEST_F(WalkTiersTest, RetriesThroughAllTiersBeforeItRepeats) {
  StartTiers(2);
  CallMemory memory;

  EXPECT_EQ(Pick(0, memory), "a");
  EXPECT_EQ(Pick(0, memory), "b");
  EXPECT_EQ(Pick(0, memory), "x");
  EXPECT_EQ(Pick(0, memory), "y");
  EXPECT_EQ(Pick(0, memory), "a");
}

TEST_F(WalkTiersTest, ACallThatSpilledStaysSpilledUntilItsTierIsBack) {
  StartTiers(1);
  uint64_t spilled = 0;
  while (DrawTier(*table_, spilled) == 0) ++spilled;

  EXPECT_EQ(DrawTier(*table_, spilled), 1u);
  const std::vector<TierCount> whole = {{2, 2, 2}, {2, 2, 2}};
  table_->SetTiers(whole, 1.0);
  EXPECT_EQ(DrawTier(*table_, spilled), 0u);
}

}  // namespace
}  // namespace nines
