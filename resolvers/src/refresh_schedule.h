// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "nines/dns_resolver.h"

namespace nines {

/// When the next lookup of a name begins, counted from the end of the last one. No clock, no I/O:
/// results and random numbers go in, durations come out. Thread-compatible.
class RefreshSchedule {
 public:
  explicit RefreshSchedule(const DnsOptions& options) : options_(options) {}

  // `unit` is uniform in [0, 1).

  /// After an answer: its TTL within the limits, less up to jitter_ratio of it.
  absl::Duration AfterAnswer(absl::Duration ttl, double unit);

  /// After a failure: the backoff of this many failures in a row.
  absl::Duration AfterFailure(double unit);

  /// After an answer that lacks one of the families: the sooner of the two, and a family that goes
  /// on failing is asked for less and less often.
  absl::Duration AfterPartialAnswer(absl::Duration ttl, double unit);

 private:
  absl::Duration WithinTtl(absl::Duration ttl, double unit) const;

  const DnsOptions options_;
  uint32_t failures_ = 0;  // in a row
};

}  // namespace nines
