// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "nines/retry.h"
#include "retry/retry_gate.h"

namespace nines {

// What a service config says of how many attempts a client's calls may have together.
struct RetryLimits {
  RetryBudgetConfig budget;
  std::optional<RetryThrottling> throttling;
};

// The gates of all configs that a client has had: one for each different limits, so that a config
// that comes back, or that changes other things, goes on where its gate was and allows no retry
// more. There are as many as there are different limits in the client's life, which are few.
//
// Thread-compatible; the gates are thread-safe. Outlives the calls, which may have begun under any
// of its gates.
class RetryGates {
 public:
  RetryGates() = default;
  RetryGates(const RetryGates&) = delete;
  RetryGates& operator=(const RetryGates&) = delete;

  RetryGate& Use(const RetryLimits& limits);

 private:
  std::vector<std::pair<RetryLimits, std::unique_ptr<RetryGate>>> gates_;
};

}  // namespace nines
