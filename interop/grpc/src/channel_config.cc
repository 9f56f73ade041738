// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_config.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines {

absl::StatusOr<ServiceConfig> ParseChannelConfig(absl::string_view json) {
  absl::StatusOr<ServiceConfig> config = ParseServiceConfig(json);
  if (!config.ok() || config->client_only_fields.empty()) return config;
  return absl::InvalidArgumentError(
      absl::StrCat(absl::StrJoin(config->client_only_fields, ", "),
                   ": not for a channel of gRPC, which does not hedge; make these calls by "
                   "nines::HedgedUnaryCall"));
}

bool RoutesByContent(const ServiceConfig& config) {
  const auto* hash = std::get_if<HashConfig>(&config.balancer.algorithm);
  return hash != nullptr &&
         std::any_of(hash->keys.begin(), hash->keys.end(), [](const HashKeySource& key) {
           return key.kind == HashKeySource::Kind::kRequestContent;
         });
}

bool HasAttemptTimeout(const ServiceConfig& config) {
  return std::any_of(config.methods.begin(), config.methods.end(), [](const MethodConfig& method) {
    return method.retry_policy.has_value() &&
           method.retry_policy->per_attempt_recv_timeout.has_value();
  });
}

}  // namespace nines
