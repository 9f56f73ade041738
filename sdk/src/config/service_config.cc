// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// From the text to nines/config.h in two steps: json_reader.h makes a tree of it or says why it
// cannot; the Read functions here and beside this file take the tree apart, note every problem with
// its path, and go on. Nothing is thrown, and no half-read config leaves this file.

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "config/balancer_config.h"
#include "config/config_errors.h"
#include "config/config_value.h"
#include "config/json_reader.h"
#include "config/load_balancing_config.h"
#include "config/method_config.h"
#include "config/retry_policy_config.h"
#include "nines/config.h"

namespace nines {
namespace {

absl::string_view EmptyMeansDefaults(absl::string_view json) { return json.empty() ? "{}" : json; }

// gRFC A17. Only gRPC itself acts on it.
void CheckHealthCheckConfig(const ConfigValue& health_check) {
  if (!health_check.CheckObject()) return;
  if (const auto name = health_check.Find("serviceName")) name->AsString("a string");
}

std::vector<std::string> ReadGrpcOnlyFields(const ConfigValue& root) {
  std::vector<std::string> fields;
  if (const auto health_check = root.Find("healthCheckConfig")) {
    CheckHealthCheckConfig(*health_check);
    fields.push_back(health_check->path());
  }
  return fields;
}

// gRPC 1.51 passes hedgingPolicy over even when it is malformed: the user would wait for hedges for
// ever.
std::vector<std::string> ReadClientOnlyFields(const ConfigValue& root) {
  std::vector<std::string> fields;
  const auto methods = root.Find("methodConfig");
  if (!methods) return fields;
  for (const ConfigValue& entry : methods->Children()) {
    if (const auto hedging = entry.Find("hedgingPolicy")) fields.push_back(hedging->path());
  }
  return fields;
}

// What is not named here is passed over (gRFC A21: a config may be newer than its reader).
ServiceConfig ReadServiceConfig(const ConfigValue& root) {
  ServiceConfig config;
  if (!root.CheckObject()) return config;
  if (const auto list = root.Find("loadBalancingConfig")) {
    config.balancer = ReadLoadBalancingConfig(*list);
  }
  if (const auto policy = root.Find("loadBalancingPolicy")) {
    policy->AddProblem("deprecated, and takes no nines; allowed: loadBalancingConfig");
  }
  if (const auto list = root.Find("methodConfig")) config.methods = ReadMethodConfigs(*list);
  if (const auto throttling = root.Find("retryThrottling")) {
    config.retry_throttling = ReadRetryThrottling(*throttling);
  }
  config.grpc_only_fields = ReadGrpcOnlyFields(root);
  config.client_only_fields = ReadClientOnlyFields(root);
  return config;
}

}  // namespace

const MethodConfig* ServiceConfig::FindMethod(absl::string_view method) const {
  const size_t slash = method.rfind('/');
  const absl::string_view service =
      slash == absl::string_view::npos ? absl::string_view() : method.substr(0, slash + 1);
  const MethodConfig* of_service = nullptr;
  const MethodConfig* of_all = nullptr;
  for (const MethodConfig& config : methods) {
    for (const std::string& name : config.names) {
      if (name.empty()) {
        of_all = &config;
      } else if (name == method) {
        return &config;
      } else if (name == service) {
        of_service = &config;
      }
    }
  }
  return of_service != nullptr ? of_service : of_all;
}

absl::StatusOr<ServiceConfig> ParseServiceConfig(absl::string_view json) {
  ConfigErrors errors;
  ServiceConfig config;
  if (const auto tree = ReadJson(EmptyMeansDefaults(json), errors)) {
    config = ReadServiceConfig(ConfigValue(*tree, "", errors));
  }
  if (!errors.empty()) return errors.ToStatus();
  return config;
}

absl::StatusOr<BalancerConfig> ParseBalancerConfig(absl::string_view json) {
  ConfigErrors errors;
  BalancerConfig config;
  if (const auto tree = ReadJson(EmptyMeansDefaults(json), errors)) {
    config = ReadBalancerConfig(ConfigValue(*tree, "nines", errors));
  }
  if (!errors.empty()) return errors.ToStatus();
  return config;
}

}  // namespace nines
