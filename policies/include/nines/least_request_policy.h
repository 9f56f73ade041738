// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/config.h"
#include "nines/policy.h"

namespace nines {

/// Policy "leastRequest": of a few endpoints drawn as by "random", the least loaded takes the call.
/// O(1) per candidate, O(n log n) per table. See docs/policies.md.
///
/// Fewer than 2 choices count as 2, more than 10 as 10.
std::shared_ptr<const Policy> MakeLeastRequestPolicy(const LeastRequestConfig& config);

}  // namespace nines
