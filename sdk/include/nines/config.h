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
#include "nines/health_config.h"
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
  RetryBudgetConfig retry_budget;
};

/// One entry of methodConfig.
struct MethodConfig {
  /// "/service/method", "/service/" for all methods of a service, "" for every call.
  std::vector<std::string> names;
  std::optional<absl::Duration> timeout;
  std::optional<bool> wait_for_ready;
  std::optional<RetryPolicy> retry_policy;
  std::optional<HedgingPolicy> hedging_policy = std::nullopt;  // not beside a retry_policy
};

/// A whole service config.
struct ServiceConfig {
  BalancerConfig balancer;
  std::vector<MethodConfig> methods;
  std::optional<RetryThrottling> retry_throttling = std::nullopt;
  /// Paths of the fields in the text that only gRPC acts on, which reads the same text. They are
  /// checked, and a program without gRPC refuses them.
  std::vector<std::string> grpc_only_fields;
  /// Paths of those that only programs without gRPC act on. CreateChannel() refuses them.
  std::vector<std::string> client_only_fields = {};

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

/// Which of a service's clients this is, for configs that are rolled out to some first.
struct ServiceConfigClient {
  std::string hostname;       // of its machine
  uint32_t percentile = 100;  // 0 to 99, drawn at random: a choice for p % is for those below p
};

/// The service config that DNS has for this client, as JSON text: "serviceConfig" of the first of
/// these choices (gRFC A2) whose clientLanguage, percentage and clientHostname fit; "" if none
/// does. InvalidArgument with every problem of the choices; the config itself is not checked.
absl::StatusOr<std::string> ChooseServiceConfig(absl::string_view choices,
                                                const ServiceConfigClient& client);

/// Parses the object that stands under "nines" in loadBalancingConfig, with the same rules.
absl::StatusOr<BalancerConfig> ParseBalancerConfig(absl::string_view json);

}  // namespace nines
