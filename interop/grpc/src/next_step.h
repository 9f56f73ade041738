// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nines {

// What follows a failed attempt, and why.
enum class NextStep : uint8_t {
  kUndecided,  // it has not failed; or gRPC's filter decided by itself
  kElsewhere,
  kWait,
  kNotRetryable,
  kNoAttemptLeft,
  kNoBudget,
  kNoTime,
  kQueryOfDeath,
};

// For people; "" for kUndecided.
absl::string_view ToText(NextStep step);

}  // namespace nines
