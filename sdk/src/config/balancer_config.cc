// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/balancer_config.h"

#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/algorithm_config.h"
#include "config/field_ranges.h"
#include "config/health_check_config.h"
#include "config/outlier_detection_config.h"
#include "config/performance_check_config.h"
#include "config/retry_budget_config.h"
#include "config/status_classes_config.h"

namespace nines {
namespace {

// Below 1 a tier would give away calls while all of it is well; at 10 it keeps all of them with
// nine tenths of it gone.
constexpr NumberRange kTierOverprovisioningFactor = {1, 10};
// Beyond what anyone resolves, and what one endpoint has under way.
constexpr IntegerRange kSubsetSize = {1, 1'000'000};
constexpr IntegerRange kMaxInFlight = {1, 1'000'000};
// With 0, an endpoint whose slow start begins would have no calls by which to go on.
constexpr IntegerRange kMinWeightPercent = {1, 100};
// The exponent is its inverse: beyond, the share is as good as a step at one end of the window.
constexpr NumberRange kAggression = {0.01, 100};

constexpr absl::string_view kFields[] = {"outlierDetection",
                                         "healthCheck",
                                         "slowStart",
                                         "panic",
                                         "tierOverprovisioningFactor",
                                         "subset",
                                         "maxInFlightPerEndpoint",
                                         "statusClasses",
                                         "performanceCheck",
                                         "retryBudget"};

void CheckFields(const ConfigValue& nines) {
  const absl::Span<const absl::string_view> algorithms = AlgorithmFields();
  std::vector<absl::string_view> known(algorithms.begin(), algorithms.end());
  known.insert(known.end(), std::begin(kFields), std::end(kFields));
  nines.CheckFields(known);
}

PanicConfig::Mode ReadPanicMode(const ConfigValue& mode) {
  const std::optional<absl::string_view> name = mode.AsString("\"ANY\", \"FAIL\"");
  if (!name || *name == "ANY") return PanicConfig::Mode::kAny;
  if (*name != "FAIL") {
    mode.AddProblem(absl::StrCat(mode.Description(), " is not a mode; allowed: \"ANY\", \"FAIL\""));
  }
  return PanicConfig::Mode::kFail;
}

PanicConfig ReadPanic(const ConfigValue& panic) {
  static constexpr absl::string_view kNames[] = {"thresholdPercent", "mode"};
  PanicConfig config;
  if (!panic.CheckObject()) return config;
  panic.CheckFields(kNames);
  config.threshold_percent =
      panic.IntegerOr("thresholdPercent", kPercent, config.threshold_percent);
  if (const auto mode = panic.Find("mode")) config.mode = ReadPanicMode(*mode);
  return config;
}

SlowStartConfig ReadSlowStart(const ConfigValue& slow_start) {
  static constexpr absl::string_view kNames[] = {"window", "aggression", "minWeightPercent"};
  SlowStartConfig config;
  if (!slow_start.CheckObject()) return config;
  slow_start.CheckFields(kNames);
  config.window = slow_start.DurationOr("window", kHealthDuration, config.window);
  config.aggression = slow_start.NumberOr("aggression", kAggression, config.aggression);
  config.min_weight_percent =
      slow_start.IntegerOr("minWeightPercent", kMinWeightPercent, config.min_weight_percent);
  return config;
}

// An object, so that there is room for other ways to choose a subset than by its size.
uint32_t ReadSubsetSize(const ConfigValue& subset) {
  static constexpr absl::string_view kNames[] = {"size"};
  if (!subset.CheckObject()) return 0;
  subset.CheckFields(kNames);
  const auto size = subset.Require("size");
  return size ? size->AsInteger(kSubsetSize).value_or(0) : 0;
}

}  // namespace

BalancerConfig ReadBalancerConfig(const ConfigValue& nines) {
  BalancerConfig config;
  if (!nines.CheckObject()) return config;
  CheckFields(nines);
  config.algorithm = ReadAlgorithmConfig(nines);
  if (const auto detection = nines.Find("outlierDetection")) {
    config.outlier_detection = ReadOutlierDetectionConfig(*detection);
  }
  if (const auto check = nines.Find("healthCheck")) {
    config.health_check = ReadHealthCheckConfig(*check);
  }
  if (const auto slow_start = nines.Find("slowStart")) {
    config.slow_start = ReadSlowStart(*slow_start);
  }
  if (const auto check = nines.Find("performanceCheck")) {
    config.performance_check = ReadPerformanceCheck(*check);
  }
  if (const auto panic = nines.Find("panic")) config.panic = ReadPanic(*panic);
  config.tier_overprovisioning_factor =
      nines.NumberOr("tierOverprovisioningFactor", kTierOverprovisioningFactor,
                     config.tier_overprovisioning_factor);
  if (const auto subset = nines.Find("subset")) config.subset_size = ReadSubsetSize(*subset);
  config.max_in_flight_per_endpoint =
      nines.IntegerOr("maxInFlightPerEndpoint", kMaxInFlight, config.max_in_flight_per_endpoint);
  if (const auto classes = nines.Find("statusClasses")) {
    config.status_classes = ReadStatusClasses(*classes);
  }
  if (const auto budget = nines.Find("retryBudget")) {
    config.retry_budget = ReadRetryBudget(*budget);
  }
  return config;
}

}  // namespace nines
