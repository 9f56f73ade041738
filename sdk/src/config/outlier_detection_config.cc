// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/outlier_detection_config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "config/detector_config.h"
#include "config/field_ranges.h"
#include "config/proto_duration.h"

namespace nines {
namespace {

constexpr IntegerRange kConsecutiveFailures = {0, 10000};

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

}  // namespace

OutlierDetectionConfig ReadOutlierDetectionConfig(const ConfigValue& detection) {
  static constexpr absl::string_view kNames[] = {"interval",
                                                 "baseEjectionTime",
                                                 "maxEjectionTime",
                                                 "maxEjectionPercent",
                                                 "consecutiveFailures",
                                                 "successRateEjection",
                                                 "failurePercentageEjection",
                                                 "sequentialEjection",
                                                 "latencyEjection",
                                                 "stallEjection"};
  OutlierDetectionConfig config;
  if (!detection.CheckObject()) return config;
  detection.CheckFields(kNames);
  config.interval = detection.DurationOr("interval", kHealthDuration, config.interval);
  config.base_ejection_time =
      detection.DurationOr("baseEjectionTime", kHealthDuration, config.base_ejection_time);
  config.max_ejection_time = ReadMaxEjectionTime(detection, config);
  config.max_ejection_percent =
      detection.IntegerOr("maxEjectionPercent", kPercent, config.max_ejection_percent);
  config.consecutive_failures =
      detection.IntegerOr("consecutiveFailures", kConsecutiveFailures, config.consecutive_failures);
  if (const auto rate = detection.Find("successRateEjection")) {
    config.success_rate = ReadSuccessRateEjection(*rate);
  }
  if (const auto percentage = detection.Find("failurePercentageEjection")) {
    config.failure_percentage = ReadFailurePercentageEjection(*percentage);
  }
  if (const auto sequential = detection.Find("sequentialEjection")) {
    config.sequential = ReadSequentialEjection(*sequential);
  }
  if (const auto latency = detection.Find("latencyEjection")) {
    config.latency = ReadLatencyEjection(*latency);
  }
  if (const auto stall = detection.Find("stallEjection")) config.stall = ReadStallEjection(*stall);
  return config;
}

}  // namespace nines
