// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/performance_check_config.h"

#include "config/header_name.h"

namespace nines {
namespace {

// Below a hundredth everybody is overloaded. Headers may count in something else than 1.
constexpr NumberRange kTargetUtilization = {0.01, 10'000};
// At 1, half of the endpoints are slower than the median.
constexpr NumberRange kLatencyFactor = {1, 1000};
// With 0, an endpoint would have no calls by which to show that it is better.
constexpr IntegerRange kMinWeightPercent = {1, 100};

}  // namespace

PerformanceCheckConfig ReadPerformanceCheck(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"loadHeader", "targetUtilization", "latencyFactor",
                                                 "minWeightPercent"};
  PerformanceCheckConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  if (const auto header = value.Find("loadHeader")) config.load_header = ReadHeaderName(*header);
  config.target_utilization =
      value.NumberOr("targetUtilization", kTargetUtilization, config.target_utilization);
  config.latency_factor = value.NumberOr("latencyFactor", kLatencyFactor, config.latency_factor);
  config.min_weight_percent =
      value.IntegerOr("minWeightPercent", kMinWeightPercent, config.min_weight_percent);
  return config;
}

}  // namespace nines
