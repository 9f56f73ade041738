// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/policy.h"

namespace nines {

/// Policy "random": candidates are independent draws, each endpoint in proportion to its weight.
/// O(1) per candidate, O(n log n) per table. See docs/policies.md.
std::shared_ptr<const Policy> MakeRandomPolicy();

}  // namespace nines
