// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// When the calls of a method are hedged.

#include "retry/method_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "nines/random.h"

namespace nines {
namespace {

constexpr absl::Duration kNoDeadline = absl::InfiniteDuration();

MethodPlan PlanFor(const HedgingPolicy& policy) {
  MethodConfig config;
  config.hedging_policy = policy;
  return MethodPlan(config);
}
MethodPlan PlanFor(double quantile) { return PlanFor({.adaptive_quantile = quantile}); }

// Calls as they come: a share of them is slow, the others take 1 to 2 ms.
class Calls {
 public:
  explicit Calls(double slow_share) : slow_share_(slow_share) {}

  absl::Duration Next() {
    const double unit = UnitInterval(SplitMixScramble(state_ += kSplitMixStep));
    if (unit < slow_share_) return absl::Seconds(1);
    return absl::Milliseconds(1 + (unit - slow_share_) / (1 - slow_share_));
  }

 private:
  const double slow_share_;
  uint64_t state_ = 1;
};

// One call; whether it is hedged. The attempt that loses is given up when the other wins.
bool MakeCall(MethodPlan& plan, absl::Duration first, absl::Duration hedge) {
  const absl::Duration delay = plan.HedgingDelay(kNoDeadline);
  const bool is_hedged = first > delay;
  const absl::Duration end = is_hedged ? std::min(first, delay + hedge) : first;
  plan.OnLatency(end);
  if (is_hedged) plan.OnLatency(end - delay);
  return is_hedged;
}

// How many of `count` calls are hedged.
int MakeCalls(MethodPlan& plan, Calls& calls, int count) {
  int hedged = 0;
  for (int i = 0; i < count; ++i) hedged += MakeCall(plan, calls.Next(), calls.Next()) ? 1 : 0;
  return hedged;
}

TEST(MethodPlanTest, WithoutAPolicyNothingIsHedged) {
  EXPECT_EQ(MethodPlan().HedgingDelay(kNoDeadline), absl::InfiniteDuration());
}

TEST(MethodPlanTest, WithoutAQuantileTheDelayIsThePolicys) {
  MethodPlan plan = PlanFor({.hedging_delay = absl::Milliseconds(7)});

  plan.OnLatency(absl::Seconds(1));

  EXPECT_EQ(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(7));
}

TEST(MethodPlanTest, AdaptiveDelayIsInfiniteUntilEnoughCallsHaveEnded) {
  MethodPlan plan = PlanFor(0.9);
  Calls calls(0);

  for (int i = 0; i < 99; ++i) plan.OnLatency(calls.Next());

  EXPECT_EQ(plan.HedgingDelay(kNoDeadline), absl::InfiniteDuration());
  plan.OnLatency(calls.Next());
  EXPECT_LT(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(2.2));
}

TEST(MethodPlanTest, AdaptiveDelaySettlesAtTheQuantile) {
  MethodPlan plan = PlanFor(0.9);
  Calls calls(0);

  MakeCalls(plan, calls, 10'000);

  EXPECT_GT(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(1.75));
  EXPECT_LT(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(2.1));
}

TEST(MethodPlanTest, HedgesNoMoreThanTheShareThatTheQuantileLeaves) {
  MethodPlan plan = PlanFor(0.98);
  Calls calls(0.01);
  MakeCalls(plan, calls, 10'000);

  const int hedged = MakeCalls(plan, calls, 100'000);

  EXPECT_GT(hedged, 900);  // the slow ones at least
  EXPECT_LT(hedged, 2'200);
}

TEST(MethodPlanTest, AdaptiveDelayComesDownFromSlowFirstCalls) {
  MethodPlan plan = PlanFor(0.9);
  for (int i = 0; i < 100; ++i) plan.OnLatency(absl::Seconds(1));
  Calls calls(0);

  MakeCalls(plan, calls, 2'000);

  EXPECT_LT(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(3));
}

TEST(MethodPlanTest, AdaptiveDelayGoesUpWithAttemptsThatAreGivenUp) {
  MethodPlan plan = PlanFor(0.9);
  Calls calls(0);
  MakeCalls(plan, calls, 1'000);

  for (int i = 0; i < 1'000; ++i) MakeCall(plan, absl::Hours(1), calls.Next());

  EXPECT_GT(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(10));
}

// One method with its own entry, and one for all others.
ServiceConfig TwoEntries(double quantile) {
  ServiceConfig config;
  config.methods.resize(2);
  config.methods[0].names = {""};
  config.methods[1].names = {"/service/method", "/other/"};
  for (MethodConfig& method : config.methods) {
    method.hedging_policy = HedgingPolicy{.adaptive_quantile = quantile};
  }
  return config;
}

TEST(MethodPlansTest, AnEntryGoesOnWithWhatItHadLearnedUnderTheConfigBefore) {
  const ServiceConfig first_config = TwoEntries(0.9);
  auto first = std::make_unique<MethodPlans>(first_config);
  Calls calls(0);
  MakeCalls(first->Find("/service/method"), calls, 1'000);
  const absl::Duration learned = first->Find("/service/method").HedgingDelay(kNoDeadline);
  ServiceConfig late_config = TwoEntries(0.9);
  std::swap(late_config.methods[0], late_config.methods[1]);
  late_config.methods[0].timeout = absl::Seconds(5);

  MethodPlans late(late_config, first.get());
  first.reset();

  EXPECT_LT(learned, absl::Milliseconds(3));
  EXPECT_EQ(late.Find("/service/method").HedgingDelay(kNoDeadline), learned);
  EXPECT_EQ(late.Find("/third/method").HedgingDelay(kNoDeadline), absl::InfiniteDuration());
}

TEST(MethodPlansTest, WhatIsToBeLearnedAnewIs) {
  const ServiceConfig first_config = TwoEntries(0.9);
  MethodPlans first(first_config);
  Calls calls(0);
  MakeCalls(first.Find("/service/method"), calls, 1'000);
  const ServiceConfig other_quantile = TwoEntries(0.99);
  ServiceConfig other_names = TwoEntries(0.9);
  other_names.methods[1].names.pop_back();

  for (const ServiceConfig& config : {other_quantile, other_names}) {
    MethodPlans late(config, &first);
    EXPECT_EQ(late.Find("/service/method").HedgingDelay(kNoDeadline), absl::InfiniteDuration());
  }
}

TEST(MethodPlanTest, AdaptiveDelayIsNeverBelowThePolicys) {
  MethodPlan plan = PlanFor({.hedging_delay = absl::Milliseconds(20), .adaptive_quantile = 0.9});
  Calls calls(0);

  MakeCalls(plan, calls, 1'000);

  EXPECT_EQ(plan.HedgingDelay(kNoDeadline), absl::Milliseconds(20));
}

TEST(MethodPlanTest, AdaptiveDelayLeavesHalfOfTheTime) {
  MethodPlan plan = PlanFor(0.9);
  for (int i = 0; i < 100; ++i) plan.OnLatency(absl::Seconds(1));

  EXPECT_EQ(plan.HedgingDelay(absl::Milliseconds(500)), absl::Milliseconds(250));
}

}  // namespace
}  // namespace nines
