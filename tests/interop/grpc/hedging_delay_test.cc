// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "hedging_delay.h"

#include "gtest/gtest.h"
#include "nines/random.h"

namespace nines {
namespace {

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

// How many of `count` calls are hedged.
int Hedge(HedgingDelay& delay, Calls& calls, int count) {
  int hedged = 0;
  for (int i = 0; i < count; ++i) {
    const absl::Duration latency = calls.Next();
    if (latency > delay.Get()) {
      delay.OnHedged();
      ++hedged;
    } else {
      delay.OnEnded(latency);
    }
  }
  return hedged;
}

TEST(HedgingDelayTest, WithoutAQuantileItIsTheLeast) {
  HedgingDelay delay(absl::Milliseconds(7), std::nullopt);

  delay.OnEnded(absl::Seconds(1));

  EXPECT_EQ(delay.Get(), absl::Milliseconds(7));
}

TEST(HedgingDelayTest, IsInfiniteUntilEnoughCallsHaveEnded) {
  HedgingDelay delay(absl::ZeroDuration(), 0.9);
  Calls calls(0);

  for (int i = 0; i < 49; ++i) delay.OnEnded(calls.Next());

  EXPECT_EQ(delay.Get(), absl::InfiniteDuration());
  delay.OnEnded(calls.Next());
  EXPECT_LT(delay.Get(), absl::Milliseconds(2));
}

TEST(HedgingDelayTest, SettlesAtTheQuantile) {
  HedgingDelay delay(absl::ZeroDuration(), 0.9);
  Calls calls(0);

  Hedge(delay, calls, 10'000);

  EXPECT_GT(delay.Get(), absl::Milliseconds(1.75));
  EXPECT_LT(delay.Get(), absl::Milliseconds(2.1));
}

TEST(HedgingDelayTest, HedgesTheShareThatTheQuantileLeaves) {
  HedgingDelay delay(absl::ZeroDuration(), 0.98);
  Calls calls(0.01);
  Hedge(delay, calls, 10'000);

  const int hedged = Hedge(delay, calls, 100'000);

  EXPECT_GT(hedged, 1'500);
  EXPECT_LT(hedged, 2'500);
}

TEST(HedgingDelayTest, ComesDownFromSlowFirstCalls) {
  HedgingDelay delay(absl::ZeroDuration(), 0.9);
  for (int i = 0; i < 50; ++i) delay.OnEnded(absl::Seconds(1));
  Calls calls(0);

  Hedge(delay, calls, 10'000);

  EXPECT_LT(delay.Get(), absl::Milliseconds(3));
}

TEST(HedgingDelayTest, GoesUpWithCallsThatAreHedged) {
  HedgingDelay delay(absl::ZeroDuration(), 0.9);
  Calls calls(0);
  Hedge(delay, calls, 1'000);

  for (int i = 0; i < 200; ++i) delay.OnHedged();

  EXPECT_GT(delay.Get(), absl::Seconds(1));
}

TEST(HedgingDelayTest, IsNeverBelowTheLeast) {
  HedgingDelay delay(absl::Milliseconds(20), 0.9);
  Calls calls(0);

  Hedge(delay, calls, 1'000);

  EXPECT_EQ(delay.Get(), absl::Milliseconds(20));
}

}  // namespace
}  // namespace nines
