// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/policy.h"

namespace nines {

/// Policy "roundRobin": endpoints take turns, each as often as its weight says, and no heavy one
/// several times in a row that it need not. O(1) per candidate. A table takes 2 bytes × the turns
/// of a cycle: as many as there are endpoints, if all weights are equal. See docs/policies.md.
std::shared_ptr<const Policy> MakeRoundRobinPolicy();

}  // namespace nines
