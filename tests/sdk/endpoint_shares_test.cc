// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/endpoint_shares.h"

#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

class EndpointSharesTest : public ::testing::Test {
 protected:
  EndpointSharesTest() { table_.Merge(EndpointsNumbered(1), MakeDeafState); }

  EndpointRecord& record() { return *table_.records()[0]; }
  double share() {
    return static_cast<double>(record().state->share()) / EndpointState::kFullShare;
  }

  void Call(int times, const absl::Status& status) {
    for (int i = 0; i < times; ++i) {
      EndpointState& state = *record().state;
      state.Report({state.TryLease(0), state.generation()}, MakeOutcome(status));
    }
  }
  // One more interval, in which so many of a hundred calls were refused.
  std::optional<Event> Interval(int refused) {
    Call(refused, absl::ResourceExhaustedError("full"));
    Call(100 - refused, absl::OkStatus());
    now_ += absl::Seconds(1);
    return EndInterval();
  }

  std::optional<Event> EndInterval() {
    return shares_.EndInterval(record(), {absl::Seconds(1), now_, kMedian});
  }
  void CheckPerformance() {
    BalancerConfig config;
    config.performance_check = PerformanceCheckConfig();
    shares_.Configure(config);
  }
  // One more interval, in which the server said that it was loaded so much.
  void IntervalWithLoad(double load) {
    Outcome outcome = MakeOutcome(absl::OkStatus());
    outcome.load = load;
    EndpointState& state = *record().state;
    for (int i = 0; i < 10; ++i) state.Report({state.TryLease(0), state.generation()}, outcome);
    EndInterval();
  }

  static constexpr float kMedian = 5e6f;

  EndpointTable table_;
  EndpointShares shares_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
};

TEST_F(EndpointSharesTest, OverloadLowersItAndCalmRaisesIt) {
  Interval(40);
  EXPECT_NEAR(share(), 0.8, 1e-6);
  Interval(0);
  EXPECT_NEAR(share(), 0.85, 1e-6);
}

TEST_F(EndpointSharesTest, OnlyTheIntervalCounts) {
  Interval(0);
  Interval(0);
  Interval(40);

  EXPECT_NEAR(share(), 0.8, 1e-6);
}

TEST_F(EndpointSharesTest, EndpointWithoutCallsRecovers) {
  Interval(40);

  EndInterval();

  EXPECT_NEAR(share(), 0.85, 1e-6);
}

TEST_F(EndpointSharesTest, ReasonsAreMultiplied) {
  BalancerConfig config;
  config.slow_start = SlowStartConfig();
  shares_.Configure(config);
  shares_.BeginSlowStart(record(), now_);
  Interval(0);
  Interval(0);
  Interval(0);
  Interval(0);

  Interval(40);

  EXPECT_NEAR(share(), 0.5 * 0.8, 1e-6);
}

TEST_F(EndpointSharesTest, EjectionForgetsAllReasons) {
  Interval(40);

  shares_.Restore(record());
  Interval(0);

  EXPECT_EQ(share(), 1);
}

TEST_F(EndpointSharesTest, LoadAboveTheTargetLowersItInProportion) {
  CheckPerformance();

  IntervalWithLoad(1);
  EXPECT_NEAR(share(), 0.8, 0.01);
  IntervalWithLoad(0.8);
  EXPECT_NEAR(share(), 0.8, 0.01);
}

TEST_F(EndpointSharesTest, ServerThatFallsSilentComesBack) {
  CheckPerformance();
  for (int i = 0; i < 10; ++i) IntervalWithLoad(1);
  EXPECT_NEAR(share(), 0.1, 0.01) << "minWeightPercent";

  for (int i = 0; i < 30; ++i) EndInterval();

  EXPECT_EQ(share(), 1);
}

TEST_F(EndpointSharesTest, SlownessLowersItToWhatIsDue) {
  CheckPerformance();
  record().state->set_typical_latency(4 * kMedian);
  for (int i = 0; i < 20; ++i) EndInterval();
  EXPECT_NEAR(share(), 0.5, 0.01);

  record().state->set_typical_latency(kMedian);
  for (int i = 0; i < 20; ++i) EndInterval();
  EXPECT_EQ(share(), 1);
}

TEST_F(EndpointSharesTest, WithoutPerformanceCheckNeitherCounts) {
  record().state->set_typical_latency(4 * kMedian);
  IntervalWithLoad(1);

  EXPECT_EQ(share(), 1);
}

TEST_F(EndpointSharesTest, BeginningAndEndAreToldOnce) {
  const std::optional<Event> begin = Interval(40);
  ASSERT_TRUE(begin.has_value());
  EXPECT_EQ(begin->kind, Event::Kind::kOverloadBegan);
  EXPECT_EQ(begin->address, "e0");
  EXPECT_EQ(begin->reason, "40 of 100 calls ended in overload; it takes 80 % of its calls");
  EXPECT_FALSE(Interval(40).has_value());

  std::optional<Event> end;
  int calm = 0;
  for (; !end.has_value() && calm < 100; ++calm) end = Interval(0);

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->kind, Event::Kind::kOverloadEnded);
  EXPECT_EQ(calm, 8) << "from 64 %, by 5 % each";
  EXPECT_FALSE(Interval(0).has_value());
}

TEST_F(EndpointSharesTest, EndpointAtItsLimitIsToldOfOnceAMinute) {
  int told = 0;
  for (int i = 0; i < 120; ++i) told += static_cast<int>(Interval(i % 2 == 0 ? 4 : 0).has_value());

  EXPECT_EQ(told, 4) << "two beginnings and their ends";
}

}  // namespace
}  // namespace nines
