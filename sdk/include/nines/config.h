// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/outcome.h"
#include "nines/retry.h"

namespace nines {

// The service config, parsed. Every struct is a value whose defaults are the documented ones, so
// that a default-constructed config is what an empty JSON object means. docs/config.md lists the
// JSON, field by field.

/// One source of hash-key material. Several combine in the order given.
struct HashKeySource {
  enum class Kind { kCall, kHeader, kClientIp, kMethod, kRequestContent };
  Kind kind = Kind::kCall;
  std::string header;  // kHeader only: the lower-case name
};

/// {"random": {}}
struct RandomConfig {};

/// {"hash": {…}}
struct HashConfig {
  std::vector<HashKeySource> keys = {HashKeySource{}};
  /// Slots of the table, a prime; 0: chosen from the number of endpoints.
  uint32_t table_size = 0;
  /// An endpoint with more calls in flight than this × the mean is passed over; at least 1,
  /// nothing: off.
  std::optional<double> bounded_load = std::nullopt;
};

/// {"leastRequest": {…}}
struct LeastRequestConfig {
  uint32_t choices = 2;  // usable endpoints compared per call, 2 to 10
};

/// {"roundRobin": {}}
struct RoundRobinConfig {};

using AlgorithmConfig =
    std::variant<RandomConfig, HashConfig, LeastRequestConfig, RoundRobinConfig>;

/// {"successRateEjection": {…}}: below mean - stdev_factor / 1000 × standard deviation of the
/// endpoints' success rates in an interval (gRFC A50).
struct SuccessRateEjectionConfig {
  uint32_t stdev_factor = 1900;
  uint32_t enforcement_percentage = 100;  // of ejections that are carried out; the others are said
  uint32_t minimum_hosts = 3;             // endpoints that must have had request_volume calls
  uint32_t request_volume = 20;
};

/// {"failurePercentageEjection": {…}}: more failed calls in an interval than this (gRFC A50).
struct FailurePercentageEjectionConfig {
  uint32_t threshold = 50;
  uint32_t enforcement_percentage = 100;
  uint32_t minimum_hosts = 2;
  uint32_t request_volume = 10;
};

/// {"sequentialEjection": {…}}: fails more often than its peers, by as many calls as it takes to be
/// sure. Sees at a few calls a second what the two above cannot.
struct SequentialEjectionConfig {
  uint32_t enforcement_percentage = 100;
};

/// {"latencyEjection": {…}}: answers after more than factor × the median of its peers'.
struct LatencyEjectionConfig {
  uint32_t factor = 5;  // 0: off
  uint32_t enforcement_percentage = 100;
  uint32_t minimum_hosts = 3;
  uint32_t request_volume = 20;
};

/// {"stallEjection": {…}}: calls go in and none comes out for factor × the usual latency.
struct StallEjectionConfig {
  uint32_t factor = 10;  // 0: off
  absl::Duration minimum_time = absl::Milliseconds(50);
};

/// {"outlierDetection": {…}}: ejection on the outcomes of real calls. Names as in gRFC A50.
struct OutlierDetectionConfig {
  absl::Duration interval = absl::Seconds(1);
  absl::Duration base_ejection_time = absl::Seconds(5);
  absl::Duration max_ejection_time = absl::Seconds(300);
  uint32_t max_ejection_percent = 50;
  uint32_t consecutive_failures = 5;  // 0: off
  SuccessRateEjectionConfig success_rate = {};
  FailurePercentageEjectionConfig failure_percentage = {};
  SequentialEjectionConfig sequential = {};
  LatencyEjectionConfig latency = {};
  StallEjectionConfig stall = {};
};

/// {"tcp": {}}: well is who accepts a connection.
struct TcpProbeConfig {};

/// {"http": {…}}: well is who answers a GET with an expected status.
struct HttpProbeConfig {
  struct StatusRange {
    uint32_t start = 200;
    uint32_t end = 299;  // included
  };
  std::string path = "/";
  /// The Host header, and with TLS the name that the certificate must carry: host or host:port.
  /// "": the target's authority, which is what calls use.
  std::string host = {};
  bool tls = false;
  /// PEM file with the authorities that are trusted; "": the system's.
  std::string ca_file = {};
  std::vector<StatusRange> expected_statuses = {StatusRange{}};
};

/// {"grpc": {…}}: well is who answers SERVING to grpc.health.v1.Health/Check.
struct GrpcProbeConfig {
  std::string service_name = {};  // "": the server as a whole
  bool watch = false;             // the server's own word counts too, as soon as it changes
};

/// {"custom": {…}}: well is who a check of the program's own finds so.
struct CustomProbeConfig {
  std::string name = {};  // as Registry::SetCheck() knows it
};

/// {"healthCheck": {…}}: a heartbeat to every endpoint.
struct HealthCheckConfig {
  absl::Duration interval = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(1);
  uint32_t unhealthy_threshold = 3;
  uint32_t healthy_threshold = 2;
  uint32_t jitter_percent = 20;
  std::variant<TcpProbeConfig, HttpProbeConfig, GrpcProbeConfig, CustomProbeConfig> probe = {};
};

/// {"panic": {…}}: what happens when few endpoints are healthy.
struct PanicConfig {
  enum class Mode {
    kAny,   // health verdicts are ignored: spread over all
    kFail,  // calls fail at once
  };
  uint32_t threshold_percent = 50;  // 0: never
  Mode mode = Mode::kAny;
};

/// {"slowStart": {…}}: an endpoint that is new or readmitted takes a growing share of its weight.
struct SlowStartConfig {
  absl::Duration window = absl::Seconds(10);
  /// share = max(min_weight_percent, (age / window) ^ (1 / aggression)), as in Envoy.
  double aggression = 1.0;
  uint32_t min_weight_percent = 10;
};

/// {"performanceCheck": {…}}: how loaded servers say they are, and how slow they are, lowers their
/// share of the calls.
struct PerformanceCheckConfig {
  /// The trailing metadata with a server's load as a number; "": ORCA's report (gRFC A51).
  std::string load_header = {};
  double target_utilization = 0.8;  // above it, a share falls in proportion
  /// Answers after more than this × the median of the others': a share falls in proportion.
  double latency_factor = 2;
  uint32_t min_weight_percent = 10;
};

/// The object under "nines" in loadBalancingConfig.
struct BalancerConfig {
  AlgorithmConfig algorithm;
  OutlierDetectionConfig outlier_detection;
  std::optional<HealthCheckConfig> health_check;                           // absent: off
  std::optional<SlowStartConfig> slow_start;                               // absent: off
  std::optional<PerformanceCheckConfig> performance_check = std::nullopt;  // absent: off
  PanicConfig panic;
  /// A tier takes all calls as long as this × its healthy share is at least 1, and what it does not
  /// take goes to the next tier.
  double tier_overprovisioning_factor = 1.4;
  /// Endpoints of each tier that this client uses of those that are resolved; 0: all. Not the
  /// balancer's business, but of who feeds it: SelectSubset().
  uint32_t subset_size = 0;
  /// Calls in flight at which an endpoint is passed over; 0: no limit.
  uint32_t max_in_flight_per_endpoint = 0;
  StatusClasses status_classes;
};

/// One entry of methodConfig.
struct MethodConfig {
  /// "/service/method", "/service/" for all methods of a service, "" for every call.
  std::vector<std::string> names;
  std::optional<absl::Duration> timeout;
  std::optional<bool> wait_for_ready;
  std::optional<RetryPolicy> retry_policy;
};

/// A whole service config.
struct ServiceConfig {
  BalancerConfig balancer;
  std::vector<MethodConfig> methods;
  /// Top-level fields of the text that only gRPC acts on: "retryThrottling", "healthCheckConfig".
  /// They are checked, and left to gRPC, which reads the same text.
  std::vector<std::string> grpc_only_fields;

  /// The entry for `method` ("/service/method"): by method, else by service, else the default, as
  /// gRPC matches them; nullptr if none does.
  const MethodConfig* FindMethod(absl::string_view method) const;
};

/// Limits of the JSON text itself; beyond them it is refused before it is read.
inline constexpr size_t kMaxServiceConfigBytes = 1 << 20;
inline constexpr int kMaxServiceConfigDepth = 64;

/// Parses a service config. "" means {}. InvalidArgument with *every* problem, one a line, each as
/// "path: what is wrong, with the value and what was allowed"; for text that is not JSON, the line
/// and column. Strict: see docs/config.md on what is refused and what is passed over.
absl::StatusOr<ServiceConfig> ParseServiceConfig(absl::string_view json);

/// Parses the object that stands under "nines" in loadBalancingConfig, with the same rules.
absl::StatusOr<BalancerConfig> ParseBalancerConfig(absl::string_view json);

}  // namespace nines
