// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/link_resolver.h"

#include <memory>
#include <utility>

#include "absl/strings/strip.h"
#include "channel_link.h"
#include "core_1_51/call_config_selector.h"
#include "core_1_51/native_resolver.h"
#include "nines/registry.h"
#include "nines/resolver.h"
#include "src/core/lib/config/core_configuration.h"
#include "src/core/lib/service_config/service_config_impl.h"

namespace nines {
namespace {

using grpc_core::CoreConfiguration;

std::string InnerTarget(const grpc_core::URI& uri) {
  return std::string(absl::StripPrefix(uri.path(), "/"));
}

// The factory of nines that resolves `target`; nullptr if gRPC is to do it.
const nines::ResolverFactory* FindNative(const Registry& registry, const Target& target) {
  const nines::ResolverFactory* factory = registry.FindResolver(target.scheme);
  return factory != nullptr && factory->CheckTarget(target).ok() ? factory : nullptr;
}

using FoundConfig = absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>>;

// Completes the results of any resolver on their way to the channel.
class LinkResultHandler final : public grpc_core::Resolver::ResultHandler {
 public:
  // Who may replace the program's config.
  enum class Replaces { kNobody, kResolver };

  LinkResultHandler(std::unique_ptr<grpc_core::Resolver::ResultHandler> channel,
                    FoundConfig service_config, Replaces replaces, RetryBudget& retry_budget)
      : channel_(std::move(channel)),
        service_config_(std::move(service_config)),
        replaces_(replaces),
        retry_budget_(retry_budget) {}

  void ReportResult(grpc_core::Resolver::Result result) override {
    if (!IsReplaced(result.service_config)) result.service_config = service_config_;
    if (result.service_config.ok()) {
      // Two selectors of one config are equal: calls go on as they are.
      result.args = result.args.SetObject(grpc_core::RefCountedPtr<grpc_core::ConfigSelector>(
          grpc_core::MakeRefCounted<CallConfigSelector>(*result.service_config, retry_budget_)));
    }
    channel_->ReportResult(std::move(result));
  }

 private:
  // Only our own resolvers, which were told to look for one (DnsOptions); gRPC's find theirs by
  // ways that nobody asked for.
  bool IsReplaced(const FoundConfig& found) const {
    return replaces_ == Replaces::kResolver && found.ok() && *found != nullptr;
  }

  const std::unique_ptr<grpc_core::Resolver::ResultHandler> channel_;
  const FoundConfig service_config_;
  const Replaces replaces_;
  RetryBudget& retry_budget_;
};

}  // namespace

absl::string_view LinkResolverFactory::scheme() const { return kLinkScheme; }

bool LinkResolverFactory::IsValidUri(const grpc_core::URI& uri) const {
  return !InnerTarget(uri).empty();
}

grpc_core::OrphanablePtr<grpc_core::Resolver> LinkResolverFactory::CreateResolver(
    grpc_core::ResolverArgs args) const {
  const auto* link =
      static_cast<std::shared_ptr<ChannelLink>*>(args.args.GetVoidPointer(kChannelLinkArg));
  // Without the link the target did not come from CreateChannel(): nothing to resolve it with.
  if (link == nullptr) return nullptr;
  const std::string inner = InnerTarget(args.uri);
  const absl::StatusOr<Target> target = ParseTarget(inner);
  const nines::ResolverFactory* native =
      target.ok() ? FindNative((*link)->registry(), *target) : nullptr;
  auto handler = std::make_unique<LinkResultHandler>(
      std::move(args.result_handler),
      grpc_core::ServiceConfigImpl::Create(args.args, (*link)->service_config_json()),
      native != nullptr ? LinkResultHandler::Replaces::kResolver
                        : LinkResultHandler::Replaces::kNobody,
      (*link)->retry_gate().budget());
  if (native != nullptr) {
    return grpc_core::MakeOrphanable<NativeResolver>(
        NativeResolver::Native{*native, *target, (*link)->loop(), *link},
        std::move(args.work_serializer), std::move(handler), args.args);
  }
  return CoreConfiguration::Get().resolver_registry().CreateResolver(
      inner, args.args, args.pollset_set, std::move(args.work_serializer), std::move(handler));
}

std::string LinkResolverFactory::GetDefaultAuthority(const grpc_core::URI& uri) const {
  const std::string inner = InnerTarget(uri);
  const absl::StatusOr<Target> target = ParseTarget(inner);
  if (target.ok()) {
    const nines::ResolverFactory* native = FindNative(BuiltinRegistry(), *target);
    if (native != nullptr) return native->DefaultAuthority(*target);
  }
  return CoreConfiguration::Get().resolver_registry().GetDefaultAuthority(inner);
}

}  // namespace nines
