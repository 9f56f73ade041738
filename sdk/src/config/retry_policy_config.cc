// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/retry_policy_config.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
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

std::optional<absl::StatusCode> ReadCode(const ConfigValue& element) {
  const auto name = element.AsString("the name of a status code in upper case");
  if (!name) return std::nullopt;
  const std::optional<absl::StatusCode> code = ErrorCodeNamed(*name);
  if (!code) {
    element.AddProblem(absl::StrCat(element.Description(),
                                    " is not a status code to retry; allowed: ", ErrorCodeNames()));
  }
  return code;
}

// Required by A6, unless attempts that time out are retried.
std::vector<absl::StatusCode> ReadCodes(const ConfigValue& retry_policy) {
  const bool is_optional = retry_policy.Find("perAttemptRecvTimeout").has_value();
  const auto list = is_optional ? retry_policy.Find("retryableStatusCodes")
                                : retry_policy.Require("retryableStatusCodes");
  std::vector<absl::StatusCode> codes;
  if (!list || !list->CheckArray()) return codes;
  const std::vector<ConfigValue> elements = list->Children();
  if (elements.empty() && !is_optional) {
    list->AddProblem("is empty; allowed only beside perAttemptRecvTimeout");
  }
  for (const ConfigValue& element : elements) {
    const std::optional<absl::StatusCode> code = ReadCode(element);
    if (code && !absl::c_linear_search(codes, *code)) codes.push_back(*code);
  }
  return codes;
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

void CheckRetryThrottling(const ConfigValue& retry_throttling) {
  if (!retry_throttling.CheckObject()) return;
  if (const auto tokens = retry_throttling.Require("maxTokens")) tokens->AsInteger(kMaxTokens);
  if (const auto ratio = retry_throttling.Require("tokenRatio")) ratio->AsNumber(kTokenRatio);
}

}  // namespace nines
