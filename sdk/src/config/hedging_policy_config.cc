// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/hedging_policy_config.h"

#include <algorithm>
#include <limits>

#include "config/proto_duration.h"
#include "config/status_code_name.h"

namespace nines {
namespace {

// A6: as retryPolicy's.
constexpr IntegerRange kMaxAttemptsWritten = {2, std::numeric_limits<int32_t>::max()};
constexpr DurationRange kHedgingDelay = {absl::ZeroDuration(), kMaxProtoDuration};

// Below the median every second call is hedged, which no budget pays for; above 0.999 the quantile
// of the calls that are remembered is the slowest of them.
constexpr NumberRange kQuantile = {0.5, 0.999};

std::optional<double> ReadQuantile(const ConfigValue& adaptive) {
  static constexpr absl::string_view kNames[] = {"quantile"};
  if (!adaptive.CheckObject()) return std::nullopt;
  adaptive.CheckFields(kNames);
  const auto quantile = adaptive.Require("quantile");
  return quantile ? quantile->AsNumber(kQuantile) : std::nullopt;
}

}  // namespace

HedgingPolicy ReadHedgingPolicy(const ConfigValue& hedging_policy) {
  HedgingPolicy policy;
  if (!hedging_policy.CheckObject()) return policy;
  if (const auto attempts = hedging_policy.Require("maxAttempts")) {
    policy.max_attempts =
        std::min(attempts->AsInteger(kMaxAttemptsWritten).value_or(policy.max_attempts),
                 RetryPolicy::kMaxAttempts);
  }
  policy.hedging_delay =
      hedging_policy.DurationOr("hedgingDelay", kHedgingDelay, policy.hedging_delay);
  if (const auto adaptive = hedging_policy.Find("adaptiveDelay")) {
    policy.adaptive_quantile = ReadQuantile(*adaptive);
  }
  if (const auto codes = hedging_policy.Find("nonFatalStatusCodes")) {
    policy.non_fatal_codes = ReadErrorCodes(*codes);
  }
  return policy;
}

}  // namespace nines
