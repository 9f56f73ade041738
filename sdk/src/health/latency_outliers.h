// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "health/outlier_detector.h"
#include "nines/config.h"

namespace nines {

// Finds endpoints whose answers take much longer than those of their peers.
//
// It looks at the end of each interval and, while calls are answered, four times in each. It
// suspects who was slow at three looks in a row: a pause of a process, however long, ends in one
// burst of late answers and is seen by one look, while an endpoint that is slow to stay is found
// within an interval. Slow means that what its answers typically take (endpoints/latency.h) is more
// than factor × the median of those in rotation, of two medians the longer one: so a pool of which
// half is slower has two kinds of endpoints and no outlier. The difference must be kLeastDifference
// at least.
//
// Not taken: the mean of an interval, which one call of a minute makes; a quantile, which takes a
// histogram per endpoint.
//
// No clock, no lock. Thread-compatible; the balancer's lock guards it. O(n) a look.
class LatencyOutliers {
 public:
  using Records = std::vector<std::shared_ptr<EndpointRecord>>;

  // What a machine's scheduler makes of itself: on a busy one, processes wait for their turn for
  // about as long, and an endpoint on such a machine is not worth less.
  static constexpr absl::Duration kLeastDifference = absl::Milliseconds(1);

  void Configure(const OutlierDetectionConfig& config);

  bool is_on() const { return config_.factor != 0; }

  // When Look() is due before the interval ends, when it always is. InfiniteFuture: not before,
  // because nobody had answered at the last look: a hundred clients at rest would spend more on
  // looking than on all else.
  absl::Time next_look() const { return next_look_; }

  // The slow ones, the worst first.
  std::vector<Suspect> Look(const Records& records, absl::Time now);

  // Whether an endpoint whose answers take `latency` is slow.
  bool IsSlow(absl::Duration latency) const;

  // For events: what is slow about `latency`.
  std::string Figures(absl::Duration latency) const;

 private:
  LatencyEjectionConfig config_;
  absl::Duration period_ = absl::ZeroDuration();
  absl::Time next_look_ = absl::InfiniteFuture();
  absl::Duration median_ = absl::ZeroDuration();  // of those in rotation; zero: not known
};

}  // namespace nines
