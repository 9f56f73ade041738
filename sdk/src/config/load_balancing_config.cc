// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/load_balancing_config.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "config/balancer_config.h"

namespace nines {
namespace {

constexpr absl::string_view kNines = "nines";

// The policies of gRPC 1.51 that a service config can name. One that is missing here would still
// win in gRPC, silently; one too many would refuse a good config.
constexpr absl::string_view kGrpcPolicies[] = {"cds_experimental",
                                               "grpclb",
                                               "outlier_detection_experimental",
                                               "pick_first",
                                               "priority_experimental",
                                               "ring_hash_experimental",
                                               "rls_experimental",
                                               "round_robin",
                                               "weighted_target_experimental",
                                               "xds_cluster_impl_experimental",
                                               "xds_cluster_manager_experimental",
                                               "xds_cluster_resolver_experimental",
                                               "xds_wrr_locality_experimental"};

// The one policy that an entry names, its name as key(); nothing if the entry is malformed.
std::optional<ConfigValue> ReadEntry(const ConfigValue& entry) {
  if (!entry.CheckObject()) return std::nullopt;
  const std::vector<ConfigValue> members = entry.Children();
  if (members.size() != 1) {
    entry.AddProblem(
        absl::StrCat("names ", members.size(), " policies; allowed: exactly one in each entry"));
    return std::nullopt;
  }
  if (!members.front().CheckObject()) return std::nullopt;
  return members.front();
}

}  // namespace

BalancerConfig ReadLoadBalancingConfig(const ConfigValue& list) {
  if (!list.CheckArray()) return {};
  std::optional<BalancerConfig> config;
  for (const ConfigValue& entry : list.Children()) {
    const std::optional<ConfigValue> policy = ReadEntry(entry);
    if (!policy || config) continue;  // the first one wins; those after it are only looked at
    if (policy->key() == kNines) {
      config = ReadBalancerConfig(*policy);
    } else if (absl::c_linear_search(kGrpcPolicies, policy->key())) {
      policy->AddProblem("stands before nines, so that gRPC would use it instead");
    }
  }
  if (!config) list.AddProblem("has no entry for nines; allowed: one with the key \"nines\"");
  return config.value_or(BalancerConfig{});
}

}  // namespace nines
