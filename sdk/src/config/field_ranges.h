// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"
#include "config/config_value.h"

namespace nines {

// Ranges that fields of several objects have.

inline constexpr IntegerRange kPercent = {0, 100};

// Timers below this would keep the event loop busy; a day is past any use of a health verdict.
inline constexpr DurationRange kHealthDuration = {absl::Milliseconds(10), absl::Hours(24)};

}  // namespace nines
