// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <utility>

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/validate_service_config.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "call_metadata.h"
#include "channel_config.h"
#include "channel_link.h"
#include "content_hash_interceptor.h"
#include "core_plugin.h"
#include "health_prober.h"
#include "nines/config.h"
#include "nines/grpc.h"
#include "nines/snapshot_keeper.h"

namespace nines {
namespace {

// Keeps the link findable from the channel's shared_ptr, by std::get_deleter, without a global map.
struct ChannelDeleter {
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<ChannelLink> link;

  void operator()(grpc::Channel* /*owned by `channel`*/) {
    link->StopSnapshots();
    channel.reset();
  }
};

// gRPC's own maximum of 120 s leaves a restarted endpoint unused for minutes. Calls go elsewhere
// meanwhile, so an attempt every two seconds, jittered by gRPC, is all the load that this adds.
constexpr int kMaxReconnectBackoffMs = 2000;

// The path of a URI, in which only these characters stand for themselves.
std::string PercentEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~/:@[],=", c)) {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, absl::StrFormat("%%%02X", static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

absl::Status CheckTarget(const std::string& target, const Registry& registry) {
  const absl::StatusOr<Target> parsed = ParseTarget(target);
  if (!parsed.ok()) return parsed.status();
  const auto factory = registry.FindResolverFor(*parsed);
  if (factory.ok()) return absl::OkStatus();
  const bool is_ours = registry.FindResolver(parsed->scheme) != nullptr;
  if (is_ours) return factory.status();
  absl::Status status = CheckCoreTarget(parsed->scheme, target);
  if (!absl::IsNotFound(status)) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(factory.status().message(), ", and what gRPC resolves: ipv4, ipv6, unix, …"));
}

// Null if there are to be none.
absl::StatusOr<std::shared_ptr<SnapshotKeeper>> MakeSnapshotKeeper(const std::string& target,
                                                                   const Registry& registry,
                                                                   const ChannelOptions& options) {
  if (absl::Status status = CheckSnapshotOptions(options.snapshot); !status.ok()) return status;
  if (options.snapshot.primary_path.empty()) return nullptr;
  const absl::StatusOr<Target> parsed = ParseTarget(target);
  if (!parsed.ok() || !registry.FindResolverFor(*parsed).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("snapshot: ", target,
                     " is resolved by gRPC; allowed: none, or a target that nines resolves"));
  }
  return SnapshotKeeper::Create(
      {options.snapshot, parsed->ToString(), options.event_loop, options.observer});
}

// What the program brings, and the health check that needs the channel's credentials.
Registry RegistryOf(const ChannelOptions& options,
                    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  Registry registry = options.registry != nullptr ? *options.registry : BuiltinRegistry();
  if (!registry.HasProber("grpc")) {
    registry.SetProber("grpc", MakeGrpcProberFactory(credentials, options.arguments));
  }
  return registry;
}

// That the policy will be able to make the prober. The authority is the channel's to find; any one
// will do for this.
absl::Status CheckProber(const Registry& registry, const ServiceConfig& config, EventLoop& loop) {
  return registry.MakeProber(config.balancer, {&loop, "localhost"}).status();
}

// nines::ParseServiceConfig is the stricter judge; gRPC's own is asked too because it has the last
// word when the channel is made, and says nothing then. Its checker knows no channel arguments, and
// so refuses a retryPolicy that has perAttemptRecvTimeout instead of codes: then ours is the only
// judge.
absl::StatusOr<ServiceConfig> CheckConfig(const std::string& json) {
  absl::StatusOr<ServiceConfig> config = ParseChannelConfig(json);
  if (!config.ok()) return config.status();
  if (HasAttemptTimeout(*config)) return config;
  const std::string problem = grpc::experimental::ValidateServiceConfigJSON(json);
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  return config;
}

bool HasArgument(const grpc::ChannelArguments& arguments, absl::string_view name) {
  const grpc_channel_args args = arguments.c_channel_args();
  return std::any_of(args.args, args.args + args.num_args,
                     [&](const grpc_arg& arg) { return arg.key == name; });
}

// gRPC asks for a target's authority before there is a channel and with it a registry, so that a
// scheme which only this channel's registry has is told apart.
void SetOwnAuthority(const std::string& target, const Registry& registry,
                     grpc::ChannelArguments& arguments) {
  const absl::StatusOr<Target> parsed = ParseTarget(target);
  const ResolverFactory* factory = parsed.ok() ? registry.FindResolver(parsed->scheme) : nullptr;
  if (factory == nullptr || factory == BuiltinRegistry().FindResolver(parsed->scheme)) return;
  if (HasArgument(arguments, GRPC_ARG_DEFAULT_AUTHORITY)) return;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, factory->DefaultAuthority(*parsed));
}

grpc::ChannelArguments CompleteArguments(grpc::ChannelArguments arguments,
                                         const ServiceConfig& config,
                                         std::shared_ptr<ChannelLink>* link) {
  arguments.SetPointerWithVtable(kChannelLinkArg, link, ChannelLinkVtable());
  // For configs without loadBalancingConfig.
  arguments.SetLoadBalancingPolicyName("nines");
  if (!HasArgument(arguments, GRPC_ARG_ENABLE_HTTP_PROXY)) {
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  if (!HasArgument(arguments, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS)) {
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMs);
  }
  if (HasAttemptTimeout(config)) arguments.SetInt(kReadAttemptTimeoutArg, 1);
  return arguments;
}

}  // namespace

std::shared_ptr<ChannelLink> LinkOf(const std::shared_ptr<grpc::Channel>& channel) {
  const auto* deleter = std::get_deleter<ChannelDeleter>(channel);
  return deleter != nullptr ? deleter->link : nullptr;
}

absl::Status RegisterGrpcPlugins() { return CorePluginStatus(); }

absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    ChannelOptions options) {
  if (absl::Status status = RegisterGrpcPlugins(); !status.ok()) return status;
  Registry registry = RegistryOf(options, credentials);
  if (absl::Status status = CheckTarget(target, registry); !status.ok()) return status;
  const std::string json = options.service_config_json.empty() ? "{}" : options.service_config_json;
  const absl::StatusOr<ServiceConfig> config = CheckConfig(json);
  if (!config.ok()) return config.status();
  if (options.event_loop == nullptr) {
    auto loop = SharedEventLoop();
    if (!loop.ok()) return loop.status();
    options.event_loop = *std::move(loop);
  }
  if (absl::Status status = CheckProber(registry, *config, *options.event_loop); !status.ok()) {
    return status;
  }

  auto snapshots = MakeSnapshotKeeper(target, registry, options);
  if (!snapshots.ok()) return snapshots.status();
  if (*snapshots != nullptr) options.observer = (*snapshots)->observer();

  SetOwnAuthority(target, registry, options.arguments);
  auto link = std::make_shared<ChannelLink>(
      ChannelLink::Parts{target,
                         json,
                         std::move(registry),
                         std::move(options.event_loop),
                         std::move(options.observer),
                         {config->balancer.retry_budget, config->retry_throttling},
                         RoutesByContent(*config),
                         *std::move(snapshots)});
  const grpc::ChannelArguments arguments = CompleteArguments(options.arguments, *config, &link);
  const std::string linked = absl::StrCat(kLinkScheme, ":///", PercentEncode(target));
  std::shared_ptr<grpc::Channel> channel =
      RoutesByContent(*config) ? grpc::experimental::CreateCustomChannelWithInterceptors(
                                     linked, credentials, arguments, MakeContentHashInterceptors())
                               : grpc::CreateCustomChannel(linked, credentials, arguments);
  grpc::Channel* raw = channel.get();
  return std::shared_ptr<grpc::Channel>(raw, ChannelDeleter{std::move(channel), std::move(link)});
}

Registry::ProberFactory MakeGrpcProberFactory(std::shared_ptr<grpc::ChannelCredentials> credentials,
                                              const grpc::ChannelArguments& arguments) {
  return [credentials = std::move(credentials), arguments](const HealthCheckConfig& config,
                                                           const ProberContext& context) {
    return MakeHealthProber(std::get<GrpcProbeConfig>(config.probe), credentials, arguments,
                            context);
  };
}

void SetHashKey(grpc::ClientContext* context, absl::string_view key) {
  context->AddMetadata(kHashKeyMetadata, std::string(key));
}

void SetClientIp(grpc::ClientContext* context, absl::string_view ip) {
  context->AddMetadata(kClientIpMetadata, std::string(ip));
}

std::vector<EndpointStatus> Endpoints(const std::shared_ptr<grpc::Channel>& channel) {
  const std::shared_ptr<ChannelLink> link = LinkOf(channel);
  return link != nullptr ? link->Endpoints() : std::vector<EndpointStatus>();
}

absl::Status SetEndpoints(const std::shared_ptr<grpc::Channel>& channel, EndpointList endpoints) {
  const auto* deleter = std::get_deleter<ChannelDeleter>(channel);
  if (deleter != nullptr) return deleter->link->SetEndpoints(std::move(endpoints));
  return absl::InvalidArgumentError("endpoints: nines::CreateChannel did not make the channel");
}

absl::Status Refresh(const std::shared_ptr<grpc::Channel>& channel) {
  const auto* deleter = std::get_deleter<ChannelDeleter>(channel);
  if (deleter == nullptr) {
    return absl::InvalidArgumentError("refresh: nines::CreateChannel did not make the channel");
  }
  deleter->link->Refresh();
  return absl::OkStatus();
}

absl::Status SetOverride(const std::shared_ptr<grpc::Channel>& channel, absl::string_view address,
                         const Override& wish) {
  const std::shared_ptr<ChannelLink> link = LinkOf(channel);
  if (link != nullptr) return link->SetOverride(address, wish);
  return absl::InvalidArgumentError(
      absl::StrCat("override of \"", address, "\": nines::CreateChannel did not make the channel"));
}

}  // namespace nines
