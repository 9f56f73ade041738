// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/latency_quantile.h"

#include <algorithm>
#include <cmath>

#include "absl/base/casts.h"

namespace nines {
namespace {

// The upper bits of a positive float are its logarithm to base 2 with, of the mantissa, as many
// binary places: three, for eight buckets per power of two.
constexpr uint32_t kMantissaBits = 3;
constexpr uint32_t kShift = 23 - kMantissaBits;
// The first bucket ends above a microsecond.
constexpr float kFirstNanoseconds = 1000;

// Durations above the quantile in a window: fewer, and chance moves the answer (by 1/√50 of the
// share above it); more, and it follows a change later.
constexpr double kAbove = 50;
constexpr double kLeastWindow = 4 * LatencyQuantile::kEnough;
constexpr double kGreatestWindow = 1 << 16;

uint32_t RawIndex(float nanoseconds) { return absl::bit_cast<uint32_t>(nanoseconds) >> kShift; }

uint32_t IndexOf(absl::Duration duration, uint32_t size) {
  const auto nanoseconds = static_cast<float>(absl::ToInt64Nanoseconds(duration));
  const uint32_t first = RawIndex(kFirstNanoseconds);
  if (!(nanoseconds > kFirstNanoseconds)) return 0;
  return std::min(RawIndex(nanoseconds) - first, size - 1);
}

// Where the bucket ends and the next begins.
int64_t EndOf(uint32_t index) {
  const uint32_t next = RawIndex(kFirstNanoseconds) + index + 1;
  return static_cast<int64_t>(absl::bit_cast<float>(next << kShift));
}

}  // namespace

uint32_t LatencyQuantile::WindowFor(double quantile) {
  const double window = std::clamp(kAbove / (1 - quantile), kLeastWindow, kGreatestWindow);
  return static_cast<uint32_t>(std::lround(window));
}

void LatencyQuantile::Add(absl::Duration duration) {
  counts_[IndexOf(duration, kBuckets)].fetch_add(1, std::memory_order_relaxed);
  const uint32_t added = added_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (added >= kEnough && added % kRefresh == 0) Refresh();
  if (added == window_) Halve();
}

absl::Duration LatencyQuantile::Get() const {
  const int64_t nanoseconds = nanoseconds_.load(std::memory_order_relaxed);
  return nanoseconds == 0 ? absl::InfiniteDuration() : absl::Nanoseconds(nanoseconds);
}

void LatencyQuantile::Refresh() {
  std::array<uint32_t, kBuckets> counts;
  uint64_t total = 0;
  for (uint32_t i = 0; i < kBuckets; ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
    total += counts[i];
  }
  const double wanted = quantile_ * static_cast<double>(total);
  uint32_t index = 0;
  for (uint64_t below = counts[0]; static_cast<double>(below) < wanted && index + 1 < kBuckets;) {
    below += counts[++index];
  }
  nanoseconds_.store(EndOf(index), std::memory_order_relaxed);
}

void LatencyQuantile::Halve() {
  for (std::atomic<uint32_t>& count : counts_) {
    count.fetch_sub((count.load(std::memory_order_relaxed) + 1) / 2, std::memory_order_relaxed);
  }
  added_.fetch_sub(window_ / 2, std::memory_order_relaxed);
}

}  // namespace nines
