// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "testbed/latency_histogram.h"

namespace nines::testbed {

/// What came of a number of calls. A value. Thread-compatible.
struct CallTally {
  uint64_t made = 0;
  uint64_t failed = 0;
  std::map<::grpc::StatusCode, uint64_t> failed_by_code;
  std::string last_error;    // of the failed call that ended last
  LatencyHistogram latency;  // of all calls, the failed ones too

  void Add(const ::grpc::Status& status, absl::Duration call_latency);
  void Merge(const CallTally& other);

  /// Share of the calls that succeeded, 0 to 100; 100 if there were none.
  double AvailabilityPercent() const;
};

}  // namespace nines::testbed
