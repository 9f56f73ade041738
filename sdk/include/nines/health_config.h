// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace nines {

// The part of the service config that says how endpoints' health is found and what it does; see
// nines/config.h, which is the header to include.

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

}  // namespace nines
