// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"
#include "nines/retry.h"

namespace nines {

// A budget that pays for one retry a second, however many calls there are.
inline RetryBudgetConfig OneRetry() {
  RetryBudgetConfig budget;
  budget.percent = 0;
  budget.min_per_second = 1;
  budget.ttl = absl::Seconds(1);
  return budget;
}

}  // namespace nines
