// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "results.h"

namespace nines::bench {

/// A number that nines has to reach, and what it reached. A value.
struct Goal {
  enum class Bound { kAtMost, kAtLeast };

  std::string title;
  double measured = 0;
  Bound bound = Bound::kAtMost;
  double limit = 0;
  std::string unit;  // may be empty

  bool is_met() const { return bound == Bound::kAtMost ? measured <= limit : measured >= limit; }
};

/// The goals of all that was measured; those that need what was not are left out.
std::vector<Goal> JudgeGoals(const Results& results);

}  // namespace nines::bench
