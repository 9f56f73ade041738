// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/retry_policy_config.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "config/proto_duration.h"
#include "config/status_code_name.h"

namespace nines {
namespace {

// gRPC counts in milliseconds and rounds down: anything shorter is zero there, which A6 forbids.
constexpr DurationRange kPositiveDuration = {absl::Milliseconds(1), kMaxProtoDuration};

// A6: an integer above 1; above 5 it counts as 5. The upper bound is gRPC's int.
constexpr IntegerRange kMaxAttemptsWritten = {2, std::numeric_limits<int32_t>::max()};

// A6: above 0. gRPC keeps a float, so the bounds keep clear of its underflow and of nonsense.
constexpr NumberRange kMultiplier = {0.001, 1e6};

// A6. gRPC keeps the ratio in thousandths.
constexpr IntegerRange kMaxTokens = {1, 1000};
constexpr NumberRange kTokenRatio = {0.001, 1000};

// Required by A6, unless attempts that time out are retried.
std::vector<absl::StatusCode> ReadCodes(const ConfigValue& retry_policy) {
  const bool is_optional = retry_policy.Find("perAttemptRecvTimeout").has_value();
  const auto list = is_optional ? retry_policy.Find("retryableStatusCodes")
                                : retry_policy.Require("retryableStatusCodes");
  if (!list) return {};
  if (!is_optional && list->IsEmptyArray()) {
    list->AddProblem("is empty; allowed only beside perAttemptRecvTimeout");
  }
  return ReadErrorCodes(*list);
}

}  // namespace

RetryPolicy ReadRetryPolicy(const ConfigValue& retry_policy) {
  RetryPolicy policy;
  if (!retry_policy.CheckObject()) return policy;
  if (const auto attempts = retry_policy.Require("maxAttempts")) {
    policy.max_attempts =
        std::min(attempts->AsInteger(kMaxAttemptsWritten).value_or(policy.max_attempts),
                 RetryPolicy::kMaxAttempts);
  }
  if (const auto backoff = retry_policy.Require("initialBackoff")) {
    policy.initial_backoff =
        backoff->AsDuration(kPositiveDuration).value_or(policy.initial_backoff);
  }
  if (const auto backoff = retry_policy.Require("maxBackoff")) {
    policy.max_backoff = backoff->AsDuration(kPositiveDuration).value_or(policy.max_backoff);
  }
  if (const auto multiplier = retry_policy.Require("backoffMultiplier")) {
    policy.backoff_multiplier =
        multiplier->AsNumber(kMultiplier).value_or(policy.backoff_multiplier);
  }
  policy.retryable_codes = ReadCodes(retry_policy);
  if (const auto timeout = retry_policy.Find("perAttemptRecvTimeout")) {
    policy.per_attempt_recv_timeout = timeout->AsDuration(kPositiveDuration);
  }
  return policy;
}

RetryThrottling ReadRetryThrottling(const ConfigValue& retry_throttling) {
  RetryThrottling throttling;
  if (!retry_throttling.CheckObject()) return throttling;
  if (const auto tokens = retry_throttling.Require("maxTokens")) {
    throttling.max_tokens = tokens->AsInteger(kMaxTokens).value_or(throttling.max_tokens);
  }
  if (const auto ratio = retry_throttling.Require("tokenRatio")) {
    throttling.token_ratio = ratio->AsNumber(kTokenRatio).value_or(throttling.token_ratio);
  }
  return throttling;
}

}  // namespace nines
