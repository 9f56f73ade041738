// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/registry.h"

#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "health/custom_prober.h"

namespace nines {
namespace {

// The name under which each alternative of BalancerConfig::algorithm is registered; the order is
// the variant's.
absl::string_view AlgorithmName(const BalancerConfig& config) {
  static constexpr absl::string_view kNames[] = {"random", "hash", "leastRequest", "roundRobin"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(config.algorithm)>);
  return kNames[config.algorithm.index()];
}

// The same for HealthCheckConfig::probe.
absl::string_view ProbeKind(const HealthCheckConfig& config) {
  static constexpr absl::string_view kNames[] = {"tcp", "http", "grpc", "custom"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(config.probe)>);
  return kNames[config.probe.index()];
}

absl::Status MissingProber(absl::string_view kind) {
  return absl::InvalidArgumentError(
      absl::StrCat("healthCheck.", kind, ": this program has no prober '", kind, "'",
                   kind == "grpc" ? "; link nines::grpc, which gives one to the channels of "
                                    "CreateChannel(), and MakeGrpcProberFactory() to others"
                                  : "; BuiltinRegistry() has"));
}

absl::Status Missing(absl::string_view what, absl::string_view name) {
  return absl::InternalError(
      absl::StrCat("the registry has no ", what, " '", name, "'; BuiltinRegistry() has"));
}

}  // namespace

void Registry::SetResolver(std::string scheme, std::shared_ptr<const ResolverFactory> factory) {
  resolvers_[std::move(scheme)] = std::move(factory);
}

void Registry::SetPolicy(std::string name, PolicyFactory factory) {
  policies_[std::move(name)] = std::move(factory);
}

void Registry::SetProber(std::string kind, ProberFactory factory) {
  probers_[std::move(kind)] = std::move(factory);
}

void Registry::SetCheck(std::string name, HealthCheck check) {
  checks_[std::move(name)] = std::move(check);
}

void Registry::SetEventLoop(EventLoopFactory factory) { event_loop_ = std::move(factory); }

const ResolverFactory* Registry::FindResolver(absl::string_view scheme) const {
  const auto found = resolvers_.find(std::string(scheme));
  return found == resolvers_.end() ? nullptr : found->second.get();
}

absl::StatusOr<const ResolverFactory*> Registry::FindResolverFor(const Target& target) const {
  const ResolverFactory* factory = FindResolver(target.scheme);
  if (factory == nullptr) {
    std::vector<std::string> schemes;
    for (const auto& [scheme, known] : resolvers_) schemes.push_back(scheme);
    return absl::InvalidArgumentError(
        absl::StrCat(target.ToString(), ": scheme '", target.scheme,
                     "' is not known; allowed: ", absl::StrJoin(schemes, ", ")));
  }
  if (absl::Status status = factory->CheckTarget(target); !status.ok()) return status;
  return factory;
}

absl::StatusOr<std::shared_ptr<const Policy>> Registry::MakePolicy(
    const BalancerConfig& config) const {
  const std::string name(AlgorithmName(config));
  const auto found = policies_.find(name);
  if (found == policies_.end()) return Missing("policy", name);
  return found->second(config);
}

bool Registry::HasProber(absl::string_view kind) const {
  return probers_.find(std::string(kind)) != probers_.end();
}

absl::StatusOr<std::shared_ptr<Prober>> Registry::MakeProber(const BalancerConfig& config,
                                                             const ProberContext& context) const {
  if (!config.health_check.has_value()) return nullptr;
  if (const auto* custom = std::get_if<CustomProbeConfig>(&config.health_check->probe)) {
    return MakeCheck(*custom, context);
  }
  const absl::string_view kind = ProbeKind(*config.health_check);
  const auto found = probers_.find(std::string(kind));
  if (found == probers_.end()) return MissingProber(kind);
  return found->second(*config.health_check, context);
}

absl::StatusOr<std::shared_ptr<Prober>> Registry::MakeCheck(const CustomProbeConfig& config,
                                                            const ProberContext& context) const {
  const auto found = checks_.find(config.name);
  if (found != checks_.end()) return MakeCustomProber(config.name, found->second, *context.loop);
  const std::string known = absl::StrJoin(
      checks_, ", ", [](std::string* out, const auto& check) { out->append(check.first); });
  return absl::InvalidArgumentError(absl::StrCat(
      "healthCheck.custom.name: \"", absl::CHexEscape(config.name),
      "\" is no check of this program; ",
      known.empty() ? "it has none, Registry::SetCheck() gives it one" : "allowed: ", known));
}

absl::StatusOr<std::shared_ptr<EventLoop>> Registry::CreateEventLoop() const {
  if (!event_loop_) return Missing("event loop", "");
  return event_loop_();
}

}  // namespace nines
