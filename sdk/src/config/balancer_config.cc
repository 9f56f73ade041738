// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/balancer_config.h"

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/hash_config.h"
#include "config/proto_duration.h"

namespace nines {
namespace {

// Timers below this would keep the event loop busy; a day is past any use of a health verdict.
constexpr DurationRange kHealthDuration = {absl::Milliseconds(10), absl::Hours(24)};
constexpr IntegerRange kPercent = {0, 100};
constexpr IntegerRange kConsecutiveFailures = {0, 10000};
constexpr IntegerRange kProbeThreshold = {1, 1000};

constexpr absl::string_view kFields[] = {"random", "hash", "outlierDetection", "healthCheck",
                                         "panic"};
constexpr absl::string_view kFieldsNotYet[] = {
    "leastRequest",           "roundRobin",  "slowStart",    "tierOverprovisioningFactor", "subset",
    "maxInFlightPerEndpoint", "retryBudget", "statusClasses"};
constexpr absl::string_view kAlgorithms[] = {"random", "hash", "leastRequest", "roundRobin"};

AlgorithmConfig ReadAlgorithm(const ConfigValue& nines) {
  const std::vector<absl::string_view> present = nines.Present(kAlgorithms);
  if (present.size() > 1) {
    nines.AddProblem(
        absl::StrCat("has ", absl::StrJoin(present, " and "), "; allowed: one algorithm"));
  }
  if (const auto random = nines.Find("random")) random->CheckEmptyObject();
  if (const auto hash = nines.Find("hash")) return ReadHashConfig(*hash);
  return RandomConfig{};
}

// A50 takes the larger of base and maximum as the longest ejection. A maximum that is written, and
// is the smaller one, is a mistake.
absl::Duration ReadMaxEjectionTime(const ConfigValue& detection,
                                   const OutlierDetectionConfig& config) {
  const auto written = detection.Find("maxEjectionTime");
  const absl::Duration longest =
      detection.DurationOr("maxEjectionTime", kHealthDuration, config.max_ejection_time);
  if (written && longest < config.base_ejection_time) {
    written->AddProblem(absl::StrCat(written->Description(),
                                     " is out of range; allowed: at least baseEjectionTime, \"",
                                     FormatProtoDuration(config.base_ejection_time), "\""));
  }
  return std::max(longest, config.base_ejection_time);
}

OutlierDetectionConfig ReadOutlierDetection(const ConfigValue& detection) {
  static constexpr absl::string_view kNames[] = {"interval", "baseEjectionTime", "maxEjectionTime",
                                                 "maxEjectionPercent", "consecutiveFailures"};
  static constexpr absl::string_view kNotYet[] = {
      "successRateEjection", "failurePercentageEjection", "latencyEjection", "stallEjection"};
  OutlierDetectionConfig config;
  if (!detection.CheckObject()) return config;
  detection.CheckFields({kNames, kNotYet});
  config.interval = detection.DurationOr("interval", kHealthDuration, config.interval);
  config.base_ejection_time =
      detection.DurationOr("baseEjectionTime", kHealthDuration, config.base_ejection_time);
  config.max_ejection_time = ReadMaxEjectionTime(detection, config);
  config.max_ejection_percent =
      detection.IntegerOr("maxEjectionPercent", kPercent, config.max_ejection_percent);
  config.consecutive_failures =
      detection.IntegerOr("consecutiveFailures", kConsecutiveFailures, config.consecutive_failures);
  return config;
}

void CheckProbeKind(const ConfigValue& health_check) {
  static constexpr absl::string_view kKinds[] = {"tcp", "http", "grpc"};
  const std::vector<absl::string_view> present = health_check.Present(kKinds);
  if (present.size() != 1) {
    health_check.AddProblem(
        absl::StrCat("names ", present.empty() ? "no" : "more than one",
                     " kind of probe; allowed: exactly one of tcp, http, grpc (http and grpc: not "
                     "supported yet)"));
  }
  if (const auto tcp = health_check.Find("tcp")) tcp->CheckEmptyObject();
}

HealthCheckConfig ReadHealthCheck(const ConfigValue& health_check) {
  static constexpr absl::string_view kNames[] = {
      "interval", "timeout", "unhealthyThreshold", "healthyThreshold", "jitterPercent", "tcp"};
  static constexpr absl::string_view kNotYet[] = {"http", "grpc"};
  HealthCheckConfig config;
  if (!health_check.CheckObject()) return config;
  health_check.CheckFields({kNames, kNotYet});
  CheckProbeKind(health_check);
  config.interval = health_check.DurationOr("interval", kHealthDuration, config.interval);
  config.timeout = health_check.DurationOr("timeout", kHealthDuration, config.timeout);
  config.unhealthy_threshold =
      health_check.IntegerOr("unhealthyThreshold", kProbeThreshold, config.unhealthy_threshold);
  config.healthy_threshold =
      health_check.IntegerOr("healthyThreshold", kProbeThreshold, config.healthy_threshold);
  config.jitter_percent = health_check.IntegerOr("jitterPercent", kPercent, config.jitter_percent);
  return config;
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
  panic.CheckFields({kNames, {}});
  config.threshold_percent =
      panic.IntegerOr("thresholdPercent", kPercent, config.threshold_percent);
  if (const auto mode = panic.Find("mode")) config.mode = ReadPanicMode(*mode);
  return config;
}

}  // namespace

BalancerConfig ReadBalancerConfig(const ConfigValue& nines) {
  BalancerConfig config;
  if (!nines.CheckObject()) return config;
  nines.CheckFields({kFields, kFieldsNotYet});
  config.algorithm = ReadAlgorithm(nines);
  if (const auto detection = nines.Find("outlierDetection")) {
    config.outlier_detection = ReadOutlierDetection(*detection);
  }
  if (const auto check = nines.Find("healthCheck")) config.health_check = ReadHealthCheck(*check);
  if (const auto panic = nines.Find("panic")) config.panic = ReadPanic(*panic);
  return config;
}

}  // namespace nines
