// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/link_resolver.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/strip.h"
#include "channel_link.h"
#include "core_1_51/call_config_selector.h"
#include "core_1_51/lb_config.h"
#include "core_1_51/native_resolver.h"
#include "nines/registry.h"
#include "nines/resolver.h"
#include "src/core/ext/filters/client_channel/client_channel_service_config.h"
#include "src/core/ext/filters/client_channel/retry_service_config.h"
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

// What "retryBudget" of the config says.
RetryBudgetConfig RetryBudgetOf(grpc_core::ServiceConfig& config) {
  using Parser = grpc_core::internal::ClientChannelServiceConfigParser;
  const auto* channel = static_cast<grpc_core::internal::ClientChannelGlobalParsedConfig*>(
      config.GetGlobalParsedConfig(Parser::ParserIndex()));
  if (channel == nullptr) return {};
  const auto policy = channel->parsed_lb_config();
  if (policy == nullptr || policy->name() != kPolicyName) return {};
  return static_cast<const LbConfig&>(*policy).config().retry_budget;
}

// What "retryThrottling" of the config says.
std::optional<RetryThrottling> RetryThrottlingOf(grpc_core::ServiceConfig& config) {
  using grpc_core::internal::RetryServiceConfigParser;
  const auto* retries = static_cast<grpc_core::internal::RetryGlobalConfig*>(
      config.GetGlobalParsedConfig(RetryServiceConfigParser::ParserIndex()));
  if (retries == nullptr || retries->max_milli_tokens() == 0) return std::nullopt;
  return RetryThrottling{static_cast<uint32_t>(retries->max_milli_tokens() / 1000),
                         static_cast<double>(retries->milli_token_ratio()) / 1000};
}

using FoundConfig = absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>>;

// Completes the results of any resolver on their way to the channel.
class LinkResultHandler final : public grpc_core::Resolver::ResultHandler {
 public:
  // Who may replace the program's config.
  enum class Replaces { kNobody, kResolver };

  LinkResultHandler(std::unique_ptr<grpc_core::Resolver::ResultHandler> channel,
                    FoundConfig service_config, Replaces replaces,
                    std::shared_ptr<ChannelLink> link)
      : channel_(std::move(channel)),
        service_config_(std::move(service_config)),
        replaces_(replaces),
        link_(std::move(link)) {}

  void ReportResult(grpc_core::Resolver::Result result) override {
    if (!IsReplaced(result.service_config)) result.service_config = service_config_;
    if (result.service_config.ok()) {
      RetryGate& gate = link_->UseRetryGate(
          {RetryBudgetOf(**result.service_config), RetryThrottlingOf(**result.service_config)});
      // Two selectors of one config are equal: calls go on as they are.
      result.args = result.args.SetObject(grpc_core::RefCountedPtr<grpc_core::ConfigSelector>(
          grpc_core::MakeRefCounted<CallConfigSelector>(*result.service_config, gate.budget())));
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
  const std::shared_ptr<ChannelLink> link_;
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
      *link);
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
