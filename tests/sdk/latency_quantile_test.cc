// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/latency_quantile.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace nines {
namespace {

void Add(LatencyQuantile& quantile, int count, absl::Duration duration) {
  for (int i = 0; i < count; ++i) quantile.Add(duration);
}

// Nothing below the truth, and nothing above it by more than a bucket.
void ExpectAbout(absl::Duration found, absl::Duration truth) {
  EXPECT_GE(found, truth);
  EXPECT_LE(found, truth * 1.13);
}

TEST(LatencyQuantileTest, IsNotKnownBeforeAHundred) {
  LatencyQuantile quantile(0.95);

  Add(quantile, 99, absl::Milliseconds(1));
  EXPECT_EQ(quantile.Get(), absl::InfiniteDuration());
  quantile.Add(absl::Milliseconds(1));
  EXPECT_NE(quantile.Get(), absl::InfiniteDuration());
}

TEST(LatencyQuantileTest, IsTheQuantile) {
  LatencyQuantile quantile(0.95);

  for (int i = 1; i <= 1000; ++i) quantile.Add(absl::Milliseconds(i));

  ExpectAbout(quantile.Get(), absl::Milliseconds(950));
}

TEST(LatencyQuantileTest, IgnoresTheFewThatAreSlower) {
  LatencyQuantile quantile(0.95);

  for (int i = 0; i < 100; ++i) {
    Add(quantile, 99, absl::Milliseconds(1));
    quantile.Add(absl::Seconds(1));
  }

  ExpectAbout(quantile.Get(), absl::Milliseconds(1));
}

TEST(LatencyQuantileTest, FollowsAChange) {
  LatencyQuantile quantile(0.9);
  Add(quantile, 100'000, absl::Milliseconds(1));

  Add(quantile, 1000, absl::Milliseconds(30));
  ExpectAbout(quantile.Get(), absl::Milliseconds(30));
  Add(quantile, 20'000, absl::Milliseconds(1));

  ExpectAbout(quantile.Get(), absl::Milliseconds(1));
}

TEST(LatencyQuantileTest, KeepsExtremesInItsOuterBuckets) {
  LatencyQuantile fast(0.5);
  LatencyQuantile slow(0.5);

  Add(fast, 100, absl::ZeroDuration());
  Add(slow, 100, absl::Hours(1000));

  EXPECT_LE(fast.Get(), absl::Microseconds(2));
  EXPECT_GE(slow.Get(), absl::Minutes(30));
  EXPECT_LT(slow.Get(), absl::InfiniteDuration());
}

TEST(LatencyQuantileTest, ServesManyThreads) {
  LatencyQuantile quantile(0.95);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { Add(quantile, 50'000, absl::Milliseconds(5)); });
  }
  for (std::thread& thread : threads) thread.join();

  ExpectAbout(quantile.Get(), absl::Milliseconds(5));
}

}  // namespace
}  // namespace nines
