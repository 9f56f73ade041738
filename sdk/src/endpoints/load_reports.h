// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <optional>

namespace nines {

// Sums what a server says of its own load, for a mean over an interval. One word, so that reports
// add with one operation and a mean never has half of one. Thread-safe, lock-free.
class LoadReports {
 public:
  // Larger loads count as this; of more reports no mean can be taken. Together they fill the word.
  static constexpr double kMaxLoad = 10'000;
  static constexpr uint64_t kMaxReports = (uint64_t{1} << 20) - 1;

  void Add(double load) {
    const double bounded = std::clamp(load, 0.0, kMaxLoad);
    const auto units = static_cast<uint64_t>(std::lround(bounded * kUnitsPerLoad));
    word_.fetch_add((units << kCountBits) + 1, std::memory_order_relaxed);
  }

  // A point in time from which MeanSince() counts; 0: the beginning.
  uint64_t mark() const { return word_.load(std::memory_order_relaxed); }

  // The mean of what was added since `mark`; nothing if there was nothing. REQUIRES: at most
  // kMaxReports were.
  std::optional<double> MeanSince(uint64_t mark) const;

 private:
  static constexpr int kCountBits = 20;
  static constexpr double kUnitsPerLoad = 1024;

  // The sum above, the count below. Both wrap, which differences do not notice; what the count
  // carries into the sum as it wraps is one unit.
  std::atomic<uint64_t> word_{0};
};

inline std::optional<double> LoadReports::MeanSince(uint64_t mark) const {
  const uint64_t added = word_.load(std::memory_order_relaxed) - mark;
  const uint64_t count = added & kMaxReports;
  if (count == 0) return std::nullopt;
  return static_cast<double>(added >> kCountBits) / kUnitsPerLoad / static_cast<double>(count);
}

}  // namespace nines
