// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// One function for each object of docs/config.md, in the order of that page. A field that is added
// to nines/config.h is added here; the test that parses the output again sees it missing.

#include "ninesctl/effective_config.h"

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "config/proto_duration.h"

namespace nines::ctl {
namespace {

Json DurationJson(absl::Duration duration) { return FormatProtoDuration(duration); }

Json KeyJson(const HashKeySource& source) {
  Json key = Json::Object();
  switch (source.kind) {
    case HashKeySource::Kind::kCall:
      key.Set("call", Json::Object());
      break;
    case HashKeySource::Kind::kHeader:
      key.Set("header", source.header);
      break;
    case HashKeySource::Kind::kClientIp:
      key.Set("clientIp", Json::Object());
      break;
    case HashKeySource::Kind::kMethod:
      key.Set("method", Json::Object());
      break;
    case HashKeySource::Kind::kRequestContent:
      key.Set("requestContent", Json::Object());
      break;
  }
  return key;
}

struct AlgorithmWriter {
  Json& nines;

  void operator()(const RandomConfig& /*config*/) const { nines.Set("random", Json::Object()); }
  void operator()(const HashConfig& config) const {
    Json keys = Json::Array();
    for (const HashKeySource& source : config.keys) keys.Append(KeyJson(source));
    Json hash = Json::Object();
    hash.Set("keys", std::move(keys));
    if (config.table_size != 0) hash.Set("tableSize", config.table_size);
    if (config.bounded_load.has_value()) hash.Set("boundedLoad", *config.bounded_load);
    nines.Set("hash", std::move(hash));
  }
  void operator()(const LeastRequestConfig& config) const {
    nines.Set("leastRequest", std::move(Json::Object().Set("choices", config.choices)));
  }
  void operator()(const RoundRobinConfig& /*config*/) const {
    nines.Set("roundRobin", Json::Object());
  }
};

// What successRateEjection, failurePercentageEjection and latencyEjection have alike.
template <typename Detector>
void WriteVolume(const Detector& detector, Json& json) {
  json.Set("enforcementPercentage", detector.enforcement_percentage);
  json.Set("minimumHosts", detector.minimum_hosts);
  json.Set("requestVolume", detector.request_volume);
}

void WriteDetectors(const OutlierDetectionConfig& config, Json& json) {
  Json success_rate = Json::Object();
  success_rate.Set("stdevFactor", config.success_rate.stdev_factor);
  WriteVolume(config.success_rate, success_rate);
  json.Set("successRateEjection", std::move(success_rate));

  Json failure_percentage = Json::Object();
  failure_percentage.Set("threshold", config.failure_percentage.threshold);
  WriteVolume(config.failure_percentage, failure_percentage);
  json.Set("failurePercentageEjection", std::move(failure_percentage));

  Json sequential = Json::Object();
  sequential.Set("enforcementPercentage", config.sequential.enforcement_percentage);
  json.Set("sequentialEjection", std::move(sequential));

  Json latency = Json::Object();
  latency.Set("factor", config.latency.factor);
  WriteVolume(config.latency, latency);
  json.Set("latencyEjection", std::move(latency));

  Json stall = Json::Object();
  stall.Set("factor", config.stall.factor);
  stall.Set("minimumTime", DurationJson(config.stall.minimum_time));
  json.Set("stallEjection", std::move(stall));
}

Json OutlierDetectionJson(const OutlierDetectionConfig& config) {
  Json json = Json::Object();
  json.Set("interval", DurationJson(config.interval));
  json.Set("baseEjectionTime", DurationJson(config.base_ejection_time));
  json.Set("maxEjectionTime", DurationJson(config.max_ejection_time));
  json.Set("maxEjectionPercent", config.max_ejection_percent);
  json.Set("consecutiveFailures", config.consecutive_failures);
  WriteDetectors(config, json);
  return json;
}

Json HttpProbeJson(const HttpProbeConfig& config) {
  Json json = Json::Object();
  json.Set("path", config.path);
  if (!config.host.empty()) json.Set("host", config.host);
  json.Set("tls", config.tls);
  if (!config.ca_file.empty()) json.Set("caFile", config.ca_file);
  Json statuses = Json::Array();
  for (const HttpProbeConfig::StatusRange& range : config.expected_statuses) {
    Json status = Json::Object();
    status.Set("start", range.start).Set("end", range.end);
    statuses.Append(std::move(status));
  }
  json.Set("expectedStatuses", std::move(statuses));
  return json;
}

struct ProbeWriter {
  Json& health_check;

  void operator()(const TcpProbeConfig& /*config*/) const {
    health_check.Set("tcp", Json::Object());
  }
  void operator()(const HttpProbeConfig& config) const {
    health_check.Set("http", HttpProbeJson(config));
  }
  void operator()(const GrpcProbeConfig& config) const {
    Json grpc = Json::Object();
    grpc.Set("serviceName", config.service_name).Set("watch", config.watch);
    health_check.Set("grpc", std::move(grpc));
  }
  void operator()(const CustomProbeConfig& config) const {
    health_check.Set("custom", std::move(Json::Object().Set("name", config.name)));
  }
};

Json HealthCheckJson(const HealthCheckConfig& config) {
  Json json = Json::Object();
  json.Set("interval", DurationJson(config.interval));
  json.Set("timeout", DurationJson(config.timeout));
  json.Set("unhealthyThreshold", config.unhealthy_threshold);
  json.Set("healthyThreshold", config.healthy_threshold);
  json.Set("jitterPercent", config.jitter_percent);
  std::visit(ProbeWriter{json}, config.probe);
  return json;
}

Json SlowStartJson(const SlowStartConfig& config) {
  Json json = Json::Object();
  json.Set("window", DurationJson(config.window));
  json.Set("aggression", config.aggression);
  json.Set("minWeightPercent", config.min_weight_percent);
  return json;
}

Json PerformanceCheckJson(const PerformanceCheckConfig& config) {
  Json json = Json::Object();
  if (!config.load_header.empty()) json.Set("loadHeader", config.load_header);
  json.Set("targetUtilization", config.target_utilization);
  json.Set("latencyFactor", config.latency_factor);
  json.Set("minWeightPercent", config.min_weight_percent);
  return json;
}

Json PanicJson(const PanicConfig& config) {
  Json json = Json::Object();
  json.Set("thresholdPercent", config.threshold_percent);
  json.Set("mode", config.mode == PanicConfig::Mode::kAny ? "ANY" : "FAIL");
  return json;
}

Json StatusClassesJson(const StatusClasses& classes) {
  Json json = Json::Object();
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    const auto error = static_cast<absl::StatusCode>(code);
    const OutcomeClass outcome_class = classes.Of(error);
    json.Set(absl::StatusCodeToString(error),
             outcome_class == OutcomeClass::kServerFault ? "SERVER_FAULT"
             : outcome_class == OutcomeClass::kOverload  ? "OVERLOAD"
                                                         : "NEUTRAL");
  }
  return json;
}

Json RetryBudgetJson(const RetryBudgetConfig& config) {
  Json json = Json::Object();
  json.Set("percent", config.percent);
  json.Set("minPerSecond", config.min_per_second);
  json.Set("ttl", DurationJson(config.ttl));
  return json;
}

Json NinesJson(const BalancerConfig& config) {
  Json json = Json::Object();
  std::visit(AlgorithmWriter{json}, config.algorithm);
  json.Set("outlierDetection", OutlierDetectionJson(config.outlier_detection));
  if (config.health_check) json.Set("healthCheck", HealthCheckJson(*config.health_check));
  if (config.slow_start) json.Set("slowStart", SlowStartJson(*config.slow_start));
  if (config.performance_check) {
    json.Set("performanceCheck", PerformanceCheckJson(*config.performance_check));
  }
  json.Set("panic", PanicJson(config.panic));
  json.Set("tierOverprovisioningFactor", config.tier_overprovisioning_factor);
  if (config.subset_size != 0) {
    json.Set("subset", std::move(Json::Object().Set("size", config.subset_size)));
  }
  if (config.max_in_flight_per_endpoint != 0) {
    json.Set("maxInFlightPerEndpoint", config.max_in_flight_per_endpoint);
  }
  json.Set("retryBudget", RetryBudgetJson(config.retry_budget));
  json.Set("statusClasses", StatusClassesJson(config.status_classes));
  return json;
}

// MethodConfig::names, taken apart again.
Json NameJson(const std::string& name) {
  Json json = Json::Object();
  if (name.empty()) return json;  // every call
  const size_t slash = name.rfind('/');
  json.Set("service", name.substr(1, slash - 1));
  if (slash + 1 < name.size()) json.Set("method", name.substr(slash + 1));
  return json;
}

Json CodesJson(const std::vector<absl::StatusCode>& codes) {
  Json json = Json::Array();
  for (const absl::StatusCode code : codes) json.Append(absl::StatusCodeToString(code));
  return json;
}

Json RetryPolicyJson(const RetryPolicy& policy) {
  Json json = Json::Object();
  json.Set("maxAttempts", policy.max_attempts);
  json.Set("initialBackoff", DurationJson(policy.initial_backoff));
  json.Set("maxBackoff", DurationJson(policy.max_backoff));
  json.Set("backoffMultiplier", policy.backoff_multiplier);
  json.Set("retryableStatusCodes", CodesJson(policy.retryable_codes));
  if (policy.per_attempt_recv_timeout) {
    json.Set("perAttemptRecvTimeout", DurationJson(*policy.per_attempt_recv_timeout));
  }
  return json;
}

Json HedgingPolicyJson(const HedgingPolicy& policy) {
  Json json = Json::Object();
  json.Set("maxAttempts", policy.max_attempts);
  json.Set("hedgingDelay", DurationJson(policy.hedging_delay));
  if (policy.adaptive_quantile) {
    json.Set("adaptiveDelay", std::move(Json::Object().Set("quantile", *policy.adaptive_quantile)));
  }
  json.Set("nonFatalStatusCodes", CodesJson(policy.non_fatal_codes));
  return json;
}

Json MethodJson(const MethodConfig& config) {
  Json json = Json::Object();
  Json names = Json::Array();
  for (const std::string& name : config.names) names.Append(NameJson(name));
  json.Set("name", std::move(names));
  if (config.timeout) json.Set("timeout", DurationJson(*config.timeout));
  if (config.wait_for_ready) json.Set("waitForReady", *config.wait_for_ready);
  if (config.retry_policy) json.Set("retryPolicy", RetryPolicyJson(*config.retry_policy));
  if (config.hedging_policy) json.Set("hedgingPolicy", HedgingPolicyJson(*config.hedging_policy));
  return json;
}

}  // namespace

Json EffectiveConfig(const ServiceConfig& config) {
  Json methods = Json::Array();
  for (const MethodConfig& method : config.methods) methods.Append(MethodJson(method));
  Json policy = Json::Object();
  policy.Set("nines", NinesJson(config.balancer));
  Json json = Json::Object();
  json.Set("loadBalancingConfig", std::move(Json::Array().Append(std::move(policy))));
  json.Set("methodConfig", std::move(methods));
  if (config.retry_throttling) {
    json.Set("retryThrottling",
             std::move(Json::Object()
                           .Set("maxTokens", config.retry_throttling->max_tokens)
                           .Set("tokenRatio", config.retry_throttling->token_ratio)));
  }
  return json;
}

}  // namespace nines::ctl
