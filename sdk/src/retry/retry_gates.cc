// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retry_gates.h"

#include <algorithm>

namespace nines {
namespace {

bool AreEqual(const RetryBudgetConfig& a, const RetryBudgetConfig& b) {
  return a.percent == b.percent && a.min_per_second == b.min_per_second && a.ttl == b.ttl;
}

bool AreEqual(const RetryThrottling& a, const RetryThrottling& b) {
  return a.max_tokens == b.max_tokens && a.token_ratio == b.token_ratio;
}

bool AreEqual(const RetryLimits& a, const RetryLimits& b) {
  if (a.throttling.has_value() != b.throttling.has_value()) return false;
  return AreEqual(a.budget, b.budget) &&
         (!a.throttling.has_value() || AreEqual(*a.throttling, *b.throttling));
}

}  // namespace

RetryGate& RetryGates::Use(const RetryLimits& limits) {
  auto found = std::find_if(gates_.begin(), gates_.end(),
                            [&](const auto& known) { return AreEqual(known.first, limits); });
  if (found == gates_.end()) {
    auto gate = std::make_unique<RetryGate>(limits.budget, limits.throttling);
    found = gates_.emplace(found, limits, std::move(gate));
  }
  return *found->second;
}

}  // namespace nines
