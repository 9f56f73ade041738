// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>

#include "nines/outcome.h"

namespace nines {

// Says whose fault an attempt's failure is, where its reporter left that open: by the config's
// classes of status codes, and by the circumstances.
//
// A deadline that has passed is the endpoint's fault only if the endpoint could have met it: a
// caller that allows 1 ms for what takes 20 ms everywhere must not eject good servers. So it is
// neutral if the attempt was allowed less than kShortDeadline × the typical latency: the pool's, or
// the endpoint's own if that is shorter. Typical latencies are those of answers, so that an
// endpoint that hangs does not excuse itself by its own timeouts; one that is slower than its peers
// is not excused either. While no answer was ever seen, nothing is unusual.
//
// Thread-safe and lock-free. O(1).
class OutcomeJudge {
 public:
  // Of healthy servers whose service times are exponential, one call in three takes longer than
  // twice the typical (geometric mean) time. With less, deadlines that nobody meets reliably count
  // against endpoints; with more, an endpoint that hangs is never found by callers in a hurry.
  static constexpr float kShortDeadline = 2;

  void SetClasses(const StatusClasses& classes) {
    classes_.store(classes, std::memory_order_relaxed);
  }
  // The median of the endpoints' typical latencies in nanoseconds; 0: not known.
  void SetTypicalLatency(float median) { median_.store(median, std::memory_order_relaxed); }

  // `typical_latency` is the endpoint's own, 0 if not known.
  OutcomeClass Judge(const Outcome& outcome, float typical_latency) const;

 private:
  // Each written by the control plane, read by reports.
  std::atomic<StatusClasses> classes_{StatusClasses()};
  std::atomic<float> median_{0};
};

}  // namespace nines
