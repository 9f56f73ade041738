// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "nines/retry.h"

namespace nines {

/// How many attempts beyond the first a client or channel may make, by how many calls it makes: a
/// service that is down must not get several times its usual load on top. Over a sliding window of
/// ttl, retries and hedges are at most
///
///   max(percent × calls, min_per_second × ttl)
///
/// The larger and not the sum, so that a busy client adds no more than it was allowed to;
/// docs/decisions/retry-budget.md.
///
/// Thread-safe; lock-free, allocates nothing after it was made. Costs a few nanoseconds for a call,
/// and some hundred for a retry.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetConfig& config);
  RetryBudget(const RetryBudget&) = delete;
  RetryBudget& operator=(const RetryBudget&) = delete;
  ~RetryBudget();

  /// Counts a call; once, however many attempts it makes. `now` is of one Clock at all times.
  void Deposit(absl::Time now);

  /// Whether another attempt beyond a first may be made; if so, it is counted.
  [[nodiscard]] bool TryWithdraw(absl::Time now);

  /// Takes back the attempt that TryWithdraw() granted at `withdrawn`, because it succeeded, and
  /// so was no load in vain, or never began. Once each.
  void GiveBack(absl::Time withdrawn);

 private:
  struct Counts;

  uint32_t SliceOf(absl::Time now) const;

  const uint32_t percent_;
  const uint64_t minimum_;  // of withdrawals in a window
  const int64_t slice_nanoseconds_;
  const std::unique_ptr<Counts> counts_;
};

}  // namespace nines
