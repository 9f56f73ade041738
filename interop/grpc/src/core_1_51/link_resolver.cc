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

// Completes the results of any resolver on their way to the channel.
class LinkResultHandler final : public grpc_core::Resolver::ResultHandler {
 public:
  LinkResultHandler(
      std::unique_ptr<grpc_core::Resolver::ResultHandler> channel,
      absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>> service_config,
      RetryBudget& retry_budget)
      : channel_(std::move(channel)), service_config_(std::move(service_config)) {
    if (service_config_.ok()) {
      selector_ = grpc_core::MakeRefCounted<CallConfigSelector>(*service_config_, retry_budget);
    }
  }

  void ReportResult(grpc_core::Resolver::Result result) override {
    // The program's config wins over one that the inner resolver found (in DNS, say).
    result.service_config = service_config_;
    if (selector_ != nullptr) {
      result.args =
          result.args.SetObject(grpc_core::RefCountedPtr<grpc_core::ConfigSelector>(selector_));
    }
    channel_->ReportResult(std::move(result));
  }

 private:
  const std::unique_ptr<grpc_core::Resolver::ResultHandler> channel_;
  const absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>> service_config_;
  grpc_core::RefCountedPtr<grpc_core::ConfigSelector> selector_;
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
  auto handler = std::make_unique<LinkResultHandler>(
      std::move(args.result_handler),
      grpc_core::ServiceConfigImpl::Create(args.args, (*link)->service_config_json()),
      (*link)->retry_budget());
  const absl::StatusOr<Target> target = ParseTarget(inner);
  const nines::ResolverFactory* native =
      target.ok() ? FindNative((*link)->registry(), *target) : nullptr;
  if (native != nullptr) {
    return grpc_core::MakeOrphanable<NativeResolver>(
        NativeResolver::Native{*native, *target, (*link)->loop(), (*link)->inbox()},
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
