// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "testbed/call_tally.h"

namespace nines::testbed {

/// Unary calls by threads that each wait for one call to end before they make the next: as many
/// calls as the path can carry.
struct ClosedLoopLoad {
  int threads = 1;
  uint64_t calls_per_thread = 0;                   // 0: as long as `time` lasts
  absl::Duration time = absl::InfiniteDuration();  // no call starts after it
  absl::Duration deadline = absl::Seconds(1);      // of each call
  std::string key_header = {};  // metadata by which each call brings a key; "": it brings none
};

struct ClosedLoopResult {
  CallTally tally;
  absl::Duration time;  // from the first call's start to the last one's end

  double CallsPerSecond() const;
};

/// Makes the calls on threads of its own and returns when all have ended.
/// REQUIRES: calls_per_thread or time is limited.
ClosedLoopResult RunClosedLoop(const ClosedLoopLoad& load,
                               const std::shared_ptr<::grpc::Channel>& channel);

}  // namespace nines::testbed
