// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Any text gives a config within its documented ranges or InvalidArgument that says why, and never
// a crash. The same text is tried as a whole service config and as the object under "nines".

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/config.h"

namespace nines {
namespace {

// Not an assert: those are off in optimised builds, which is how fuzzers run.
void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsHealthDuration(absl::Duration duration) {
  return duration >= absl::Milliseconds(10) && duration <= absl::Hours(24);
}

bool IsHeaderName(const std::string& name) {
  return !name.empty() && name.size() <= 256 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
}

void CheckHash(const HashConfig& hash) {
  Require(!hash.keys.empty() && hash.keys.size() <= 16);
  for (const HashKeySource& key : hash.keys) {
    const bool is_header = key.kind == HashKeySource::Kind::kHeader;
    Require(is_header ? IsHeaderName(key.header) : key.header.empty());
  }
  Require(hash.table_size == 0 || (hash.table_size >= 3 && hash.table_size <= 5'000'011));
  Require(!hash.bounded_load || (*hash.bounded_load >= 1 && *hash.bounded_load <= 100));
}

void CheckAlgorithm(const AlgorithmConfig& algorithm) {
  if (const auto* hash = std::get_if<HashConfig>(&algorithm)) CheckHash(*hash);
  if (const auto* least_request = std::get_if<LeastRequestConfig>(&algorithm)) {
    Require(least_request->choices >= 2 && least_request->choices <= 10);
  }
}

void CheckSlowStart(const SlowStartConfig& slow_start) {
  Require(IsHealthDuration(slow_start.window));
  Require(slow_start.aggression >= 0.01 && slow_start.aggression <= 100);
  Require(slow_start.min_weight_percent >= 1 && slow_start.min_weight_percent <= 100);
}

void CheckHttpProbe(const HttpProbeConfig& http) {
  Require(!http.path.empty() && http.path[0] == '/' && http.path.size() <= 2048);
  Require(http.path.find_first_of(" #\r\n") == std::string::npos);
  Require(http.host.size() <= 255 && http.host.find_first_of(" /?#@\r\n") == std::string::npos);
  Require(http.tls || http.ca_file.empty());
  Require(!http.expected_statuses.empty() && http.expected_statuses.size() <= 16);
  for (const HttpProbeConfig::StatusRange& range : http.expected_statuses) {
    Require(range.start >= 200 && range.start <= range.end && range.end <= 599);
  }
}

void CheckHealthCheck(const HealthCheckConfig& check) {
  Require(IsHealthDuration(check.interval) && IsHealthDuration(check.timeout));
  Require(check.unhealthy_threshold >= 1 && check.unhealthy_threshold <= 1000);
  Require(check.healthy_threshold >= 1 && check.healthy_threshold <= 1000);
  Require(check.jitter_percent <= 100);
  if (const auto* http = std::get_if<HttpProbeConfig>(&check.probe)) CheckHttpProbe(*http);
}

void CheckDetectors(const OutlierDetectionConfig& detection) {
  const SuccessRateEjectionConfig& rate = detection.success_rate;
  Require(rate.stdev_factor <= 100'000 && rate.enforcement_percentage <= 100);
  Require(rate.minimum_hosts >= 1 && rate.request_volume >= 1);
  const FailurePercentageEjectionConfig& percentage = detection.failure_percentage;
  Require(percentage.threshold <= 100 && percentage.enforcement_percentage <= 100);
  Require(percentage.minimum_hosts >= 1 && percentage.request_volume >= 1);
  Require(detection.sequential.enforcement_percentage <= 100);
  Require(detection.stall.factor <= 1000 && IsHealthDuration(detection.stall.minimum_time));
}

void CheckBalancer(const BalancerConfig& config) {
  CheckAlgorithm(config.algorithm);
  const OutlierDetectionConfig& detection = config.outlier_detection;
  Require(IsHealthDuration(detection.interval));
  Require(IsHealthDuration(detection.base_ejection_time));
  Require(IsHealthDuration(detection.max_ejection_time));
  Require(detection.base_ejection_time <= detection.max_ejection_time);
  Require(detection.max_ejection_percent <= 100);
  Require(detection.consecutive_failures <= 10'000);
  CheckDetectors(detection);
  if (config.health_check) CheckHealthCheck(*config.health_check);
  Require(config.panic.threshold_percent <= 100);
  if (config.slow_start) CheckSlowStart(*config.slow_start);
  Require(config.tier_overprovisioning_factor >= 1 && config.tier_overprovisioning_factor <= 10);
  Require(config.subset_size <= 1'000'000);
  Require(config.max_in_flight_per_endpoint <= 1'000'000);
}

void CheckRetryPolicy(const RetryPolicy& policy) {
  Require(policy.max_attempts >= 2 && policy.max_attempts <= RetryPolicy::kMaxAttempts);
  Require(policy.initial_backoff >= absl::Milliseconds(1));
  Require(policy.max_backoff >= absl::Milliseconds(1));
  Require(policy.backoff_multiplier >= 0.001 && policy.backoff_multiplier <= 1e6);
  Require(!policy.retryable_codes.empty() || policy.per_attempt_recv_timeout.has_value());
  const auto& codes = policy.retryable_codes;
  Require(std::find(codes.begin(), codes.end(), absl::StatusCode::kOk) == codes.end());
}

void CheckServiceConfig(const ServiceConfig& config) {
  CheckBalancer(config.balancer);
  for (const MethodConfig& method : config.methods) {
    Require(!method.timeout || *method.timeout >= absl::ZeroDuration());
    if (method.retry_policy) CheckRetryPolicy(*method.retry_policy);
    // A method's own name leads to its own entry: no name stands twice.
    for (const std::string& name : method.names) Require(config.FindMethod(name) == &method);
  }
}

void CheckRefusal(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kInvalidArgument);
  Require(!status.message().empty() && status.message().size() < 100'000);
}

void CheckParsers(absl::string_view text) {
  const absl::StatusOr<ServiceConfig> service = ParseServiceConfig(text);
  service.ok() ? CheckServiceConfig(*service) : CheckRefusal(service.status());
  const absl::StatusOr<BalancerConfig> balancer = ParseBalancerConfig(text);
  balancer.ok() ? CheckBalancer(*balancer) : CheckRefusal(balancer.status());
}

}  // namespace
}  // namespace nines

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  nines::CheckParsers(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
