// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/latency_histogram.h"

#include <algorithm>
#include <cmath>

#include "absl/numeric/bits.h"

namespace nines::testbed {
namespace {

// Values are whole microseconds. A value v >= 2 * kPerDoubling lies in [2^e, 2^(e+1)) and keeps its
// kPrecisionBits most significant bits below the first, so that the bucket index grows by
// kPerDoubling with each doubling and is continuous with the exact range below.
constexpr int kPrecisionBits = 7;
constexpr uint64_t kPerDoubling = uint64_t{1} << kPrecisionBits;

size_t BucketOf(uint64_t micros) {
  if (micros < 2 * kPerDoubling) return micros;
  const int shift = static_cast<int>(absl::bit_width(micros)) - 1 - kPrecisionBits;
  return static_cast<size_t>(shift) * kPerDoubling + (micros >> shift);
}

/// The largest value of bucket `index`: the inverse of BucketOf.
uint64_t BucketEnd(size_t index) {
  if (index < 2 * kPerDoubling) return index;
  const uint64_t shift = index / kPerDoubling - 1;
  const uint64_t top = index - shift * kPerDoubling;
  return ((top + 1) << shift) - 1;
}

uint64_t ToMicros(absl::Duration latency) {
  const absl::Duration bounded = std::clamp(latency, absl::ZeroDuration(), LatencyHistogram::kMax);
  return static_cast<uint64_t>(absl::ToInt64Microseconds(bounded));
}

size_t BucketCount() { return BucketOf(ToMicros(LatencyHistogram::kMax)) + 1; }

}  // namespace

void LatencyHistogram::Add(absl::Duration latency) {
  if (buckets_.empty()) buckets_.resize(BucketCount());
  ++buckets_[BucketOf(ToMicros(latency))];
  ++count_;
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  if (other.buckets_.empty()) return;
  if (buckets_.empty()) buckets_.resize(BucketCount());
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

absl::Duration LatencyHistogram::Quantile(double quantile) const {
  if (count_ == 0) return absl::ZeroDuration();
  const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(rank));
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 1 < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) break;
  }
  return absl::Microseconds(static_cast<int64_t>(BucketEnd(i)));
}

}  // namespace nines::testbed
