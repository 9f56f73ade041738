// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace nines {

// A quantile of the latest durations: what a hedge waits for.
//
// A histogram of eight buckets per power of two, from a microsecond to an hour, so that the answer
// is at most an eighth above the truth (and never below: to hedge late costs nothing). All counts
// are halved whenever a window's durations have come, so that old ones fade; the window is long
// enough to have some above the quantile. The quantile is read from it at every kRefresh of them,
// and kept. Cost: two relaxed additions, and a pass over 256 counts once in kRefresh. Not taken: P²
// (Jain, Chlamtac 1985), whose markers only one thread may move; frugal streaming (Ma et al. 2013),
// which follows steps as fast but wanders around the truth (docs/decisions/grpc-hedging.md).
//
// Thread-safe; lock-free. Durations that come while the counts are halved may count once more or
// not at all.
class LatencyQuantile {
 public:
  // Durations before the quantile is known: the 0.99 of fewer is hardly more than the slowest.
  static constexpr uint32_t kEnough = 100;

  // REQUIRES: 0 < quantile < 1.
  explicit LatencyQuantile(double quantile) : quantile_(quantile), window_(WindowFor(quantile)) {}

  void Add(absl::Duration duration);

  // Infinite until it is known.
  absl::Duration Get() const;

 private:
  static constexpr uint32_t kRefresh = 50;
  static constexpr uint32_t kBuckets = 256;

  static uint32_t WindowFor(double quantile);
  void Refresh();
  void Halve();

  const double quantile_;
  const uint32_t window_;  // durations between two halvings: twice what is left by one
  std::array<std::atomic<uint32_t>, kBuckets> counts_{};
  std::atomic<uint32_t> added_{0};       // since the counts were last halved, and half of before
  std::atomic<int64_t> nanoseconds_{0};  // the quantile; 0: not known
};

}  // namespace nines
