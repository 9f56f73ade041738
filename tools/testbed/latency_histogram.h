// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace nines::testbed {

/// Counts latencies so that quantiles come out exact to a microsecond or to 0.8 %, whichever is
/// more. Log-linear buckets, as in HdrHistogram: exact below 256 µs, then 128 buckets to each
/// doubling, up to kMax. Constant size; adding is O(1), a quantile O(buckets).
///
/// A value. Thread-compatible.
class LatencyHistogram {
 public:
  /// More counts as this much: longer than any deadline of the testbed's loads.
  static constexpr absl::Duration kMax = absl::Seconds(128);

  void Add(absl::Duration latency);
  void Merge(const LatencyHistogram& other);

  uint64_t count() const { return count_; }

  /// The latency that `quantile` (0 to 1) of the values do not exceed, rounded up to its bucket's
  /// end, so that it is never understated. Zero if there are no values.
  absl::Duration Quantile(double quantile) const;

 private:
  uint64_t count_ = 0;
  std::vector<uint32_t> buckets_;  // empty until the first value
};

}  // namespace nines::testbed
