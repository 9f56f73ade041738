// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "nines/retry.h"
#include "nines/retry_budget.h"
#include "retry/retry_throttle.h"

namespace nines {

// What all calls of a client share and every attempt beyond a first has to pass: the budget, and
// gRFC A6's tokens where the config has them. Thread-safe; lock-free.
class RetryGate {
 public:
  // An attempt that the budget allows and that has not begun; given back if it never does. Movable;
  // confined to its call, which the gate outlives.
  class Grant {
   public:
    Grant(Grant&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), at_(other.at_) {}
    Grant& operator=(Grant&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~Grant() {
      if (budget_ != nullptr) budget_->GiveBack(at_);
    }

    // The attempt begins. When it was taken, for GiveBack().
    absl::Time Spend() && {
      budget_ = nullptr;
      return at_;
    }

   private:
    friend class RetryGate;
    Grant(RetryBudget& budget, absl::Time at) : budget_(&budget), at_(at) {}

    RetryBudget* budget_;  // null: spent
    absl::Time at_;
  };

  RetryGate(const RetryBudgetConfig& budget, const std::optional<RetryThrottling>& throttling)
      : budget_(budget) {
    if (throttling) throttle_.emplace(*throttling);
  }

  RetryBudget& budget() { return budget_; }

  void OnCall(absl::Time now) { budget_.Deposit(now); }
  void OnSuccess() {
    if (throttle_) throttle_->OnSuccess();
  }
  // As RetryThrottle::OnFailure().
  void OnFailure() {
    if (throttle_) throttle_->OnFailure();
  }

  bool IsThrottled() const { return throttle_ && !throttle_->AllowsRetry(); }
  // Takes one more attempt out of the budget.
  [[nodiscard]] std::optional<Grant> TryWithdraw(absl::Time now) {
    if (!budget_.TryWithdraw(now)) return std::nullopt;
    return Grant(budget_, now);
  }
  // As RetryBudget::GiveBack().
  void GiveBack(absl::Time withdrawn) { budget_.GiveBack(withdrawn); }

 private:
  RetryBudget budget_;
  std::optional<RetryThrottle> throttle_;
};

}  // namespace nines
