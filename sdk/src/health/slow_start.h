// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"
#include "nines/config.h"

namespace nines {

// The share of its calls, 0 to 1, that an endpoint takes `age` after its slow start began:
// max(min_weight_percent / 100, (age / window) ^ (1 / aggression)), and 1 from the window's end on.
// Envoy's formula (slow_start_config in its documentation), but for its shortest age of a second.
double SlowStartShare(const SlowStartConfig& config, absl::Duration age);

}  // namespace nines
