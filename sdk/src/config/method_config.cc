// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/method_config.h"

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "config/hedging_policy_config.h"
#include "config/proto_duration.h"
#include "config/retry_policy_config.h"

namespace nines {
namespace {

constexpr DurationRange kTimeout = {absl::ZeroDuration(), kMaxProtoDuration};

// Where each name was first seen, over all entries: a method has one config.
using SeenNames = absl::flat_hash_map<std::string, std::string>;

std::string StringOrEmpty(const std::optional<ConfigValue>& member) {
  if (!member) return "";
  return std::string(member->AsString("a string").value_or(""));
}

// {"service": "a.B", "method": "C"} as "/a.B/C"; see MethodConfig::names.
std::optional<std::string> ReadName(const ConfigValue& name) {
  if (!name.CheckObject()) return std::nullopt;
  const std::string service = StringOrEmpty(name.Find("service"));
  const std::string method = StringOrEmpty(name.Find("method"));
  if (!service.empty()) return absl::StrCat("/", service, "/", method);
  if (!method.empty()) {
    name.AddProblem("has a method but no service");
    return std::nullopt;
  }
  return "";
}

// An entry without names is valid and applies to nothing, as in gRPC.
std::vector<std::string> ReadNames(const ConfigValue& list, SeenNames& seen) {
  std::vector<std::string> names;
  if (!list.CheckArray()) return names;
  for (const ConfigValue& element : list.Children()) {
    const std::optional<std::string> name = ReadName(element);
    if (!name) continue;
    const auto [first, is_new] = seen.try_emplace(*name, element.path());
    if (!is_new) {
      element.AddProblem(absl::StrCat(name->empty() ? "the default" : Quoted(*name),
                                      " has a config already, at ", first->second));
    }
    names.push_back(*name);
  }
  return names;
}

MethodConfig ReadMethodConfig(const ConfigValue& entry, SeenNames& seen) {
  MethodConfig config;
  if (!entry.CheckObject()) return config;
  if (const auto names = entry.Find("name")) config.names = ReadNames(*names, seen);
  if (const auto timeout = entry.Find("timeout")) config.timeout = timeout->AsDuration(kTimeout);
  if (const auto wait = entry.Find("waitForReady")) config.wait_for_ready = wait->AsBool();
  if (const auto retry = entry.Find("retryPolicy")) config.retry_policy = ReadRetryPolicy(*retry);
  if (const auto hedging = entry.Find("hedgingPolicy")) {
    config.hedging_policy = ReadHedgingPolicy(*hedging);
    if (config.retry_policy) {
      hedging->AddProblem("stands beside a retryPolicy; allowed: one of them");
    }
  }
  return config;
}

}  // namespace

std::vector<MethodConfig> ReadMethodConfigs(const ConfigValue& method_configs) {
  std::vector<MethodConfig> configs;
  if (!method_configs.CheckArray()) return configs;
  SeenNames seen;
  for (const ConfigValue& entry : method_configs.Children()) {
    configs.push_back(ReadMethodConfig(entry, seen));
  }
  return configs;
}

}  // namespace nines
