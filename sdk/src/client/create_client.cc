// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/balanced_client.h"
#include "nines/client.h"

namespace nines {
namespace {

using Configured = BalancedClient::Configured;

absl::StatusOr<Configured> Configure(const std::string& json, const Registry& registry,
                                     const ProberContext& context) {
  absl::StatusOr<ServiceConfig> config = ParseServiceConfig(json);
  if (!config.ok()) return config.status();
  if (!config->grpc_only_fields.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(absl::StrJoin(config->grpc_only_fields, ", "),
                                                   ": not supported yet without gRPC"));
  }
  auto policy = registry.MakePolicy(config->balancer);
  if (!policy.ok()) return policy.status();
  auto prober = registry.MakeProber(config->balancer, context);
  if (!prober.ok()) return prober.status();
  return Configured{*std::move(config), *std::move(policy), *std::move(prober)};
}

}  // namespace

absl::StatusOr<std::shared_ptr<Client>> CreateClientFromParts(absl::string_view target,
                                                              ClientOptions options) {
  const Registry& registry = *options.registry;
  absl::StatusOr<Target> parsed = ParseTarget(target);
  if (!parsed.ok()) return parsed.status();
  const auto factory = registry.FindResolverFor(*parsed);
  if (!factory.ok()) return factory.status();
  if (absl::Status status = CheckSnapshotOptions(options.snapshot); !status.ok()) return status;
  BalancedClient::Parts parts;
  // A copy: the program's may be gone when a late service config comes.
  parts.configure =
      [registry, own = std::move(options.service_config_json),
       context = ProberContext{options.event_loop.get(), (*factory)->DefaultAuthority(*parsed)}](
          const std::string& json) {
        return Configure(json.empty() ? own : json, registry, context);
      };
  absl::StatusOr<Configured> configured = parts.configure("");
  if (!configured.ok()) return configured.status();
  parts.configured = *std::move(configured);
  parts.target = *std::move(parsed);
  parts.resolver_factory = *factory;
  parts.loop = std::move(options.event_loop);
  parts.observer = std::move(options.observer);
  if (!options.snapshot.primary_path.empty()) {
    parts.snapshots = SnapshotKeeper::Create(
        {std::move(options.snapshot), parts.target.ToString(), parts.loop, parts.observer});
    parts.observer = parts.snapshots->observer();
  }
  parts.random = options.random != nullptr ? options.random : &ProcessRandom();
  return std::make_shared<BalancedClient>(std::move(parts));
}

}  // namespace nines
