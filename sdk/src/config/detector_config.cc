// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/detector_config.h"

#include "config/field_ranges.h"

namespace nines {
namespace {

// gRPC's own are any 32-bit number; beyond these a detector would be off by mistake.
constexpr IntegerRange kStdevFactor = {0, 100'000};
constexpr IntegerRange kMinimumHosts = {1, 100'000};
constexpr IntegerRange kRequestVolume = {1, 1'000'000};
// Of a usual latency; beyond, calls have long been given up.
constexpr IntegerRange kLatencyFactor = {0, 1000};

// What the detectors that compare endpoints over an interval have in common, with the names of gRFC
// A50.
template <typename Config>
Config ReadComparison(const ConfigValue& value, Config config) {
  config.enforcement_percentage =
      value.IntegerOr("enforcementPercentage", kPercent, config.enforcement_percentage);
  config.minimum_hosts = value.IntegerOr("minimumHosts", kMinimumHosts, config.minimum_hosts);
  config.request_volume = value.IntegerOr("requestVolume", kRequestVolume, config.request_volume);
  return config;
}

}  // namespace

SuccessRateEjectionConfig ReadSuccessRateEjection(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"stdevFactor", "enforcementPercentage",
                                                 "minimumHosts", "requestVolume"};
  SuccessRateEjectionConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  config.stdev_factor = value.IntegerOr("stdevFactor", kStdevFactor, config.stdev_factor);
  return ReadComparison(value, config);
}

FailurePercentageEjectionConfig ReadFailurePercentageEjection(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"threshold", "enforcementPercentage",
                                                 "minimumHosts", "requestVolume"};
  FailurePercentageEjectionConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  config.threshold = value.IntegerOr("threshold", kPercent, config.threshold);
  return ReadComparison(value, config);
}

SequentialEjectionConfig ReadSequentialEjection(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"enforcementPercentage"};
  SequentialEjectionConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  config.enforcement_percentage =
      value.IntegerOr("enforcementPercentage", kPercent, config.enforcement_percentage);
  return config;
}

LatencyEjectionConfig ReadLatencyEjection(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"factor", "enforcementPercentage", "minimumHosts",
                                                 "requestVolume"};
  LatencyEjectionConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  config.factor = value.IntegerOr("factor", kLatencyFactor, config.factor);
  return ReadComparison(value, config);
}

StallEjectionConfig ReadStallEjection(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"factor", "minimumTime"};
  StallEjectionConfig config;
  if (!value.CheckObject()) return config;
  value.CheckFields(kNames);
  config.factor = value.IntegerOr("factor", kLatencyFactor, config.factor);
  config.minimum_time = value.DurationOr("minimumTime", kHealthDuration, config.minimum_time);
  return config;
}

}  // namespace nines
