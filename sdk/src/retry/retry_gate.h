// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "absl/time/time.h"
#include "nines/retry.h"
#include "nines/retry_budget.h"
#include "retry/retry_throttle.h"

namespace nines {

// What all calls of a client share and every attempt beyond a first has to pass: the budget, and
// gRFC A6's tokens where the config has them. Thread-safe; lock-free.
class RetryGate {
 public:
  RetryGate(const RetryBudgetConfig& budget, const std::optional<RetryThrottling>& throttling)
      : budget_(budget) {
    if (throttling) throttle_.emplace(*throttling);
  }

  void OnCall(absl::Time now) { budget_.Deposit(now); }
  void OnSuccess() {
    if (throttle_) throttle_->OnSuccess();
  }
  // As RetryThrottle::OnFailure().
  void OnFailure() {
    if (throttle_) throttle_->OnFailure();
  }

  bool IsThrottled() const { return throttle_ && !throttle_->AllowsRetry(); }
  [[nodiscard]] bool TryWithdraw(absl::Time now) { return budget_.TryWithdraw(now); }
  // As RetryBudget::GiveBack().
  void GiveBack(absl::Time withdrawn) { budget_.GiveBack(withdrawn); }

 private:
  RetryBudget budget_;
  std::optional<RetryThrottle> throttle_;
};

}  // namespace nines
