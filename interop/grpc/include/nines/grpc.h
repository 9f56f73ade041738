// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/endpoint.h"
#include "nines/grpc_trace.h"
#include "nines/observer.h"
#include "nines/override.h"
#include "nines/registry.h"
#include "nines/snapshot.h"

namespace nines {

/// nines inside stock gRPC: channels whose calls are balanced, watched and retried by nines. Every
/// stub, call type, deadline and credential works as always.
///
///   auto channel = nines::CreateChannel("dns:///greeter.example:50051",
///                                       grpc::InsecureChannelCredentials());
///   auto stub = Greeter::NewStub(*channel);

struct ChannelOptions {
  /// Service config, see docs/config.md. "" means {}. Without loadBalancingConfig: policy nines.
  std::string service_config_json{};
  /// Handed to gRPC as they are, but for the service config (use the field above). Unless set here,
  /// the HTTP proxy is off, since behind a proxy there is one endpoint, and the backoff between
  /// attempts to connect to an endpoint ends at 2 s (GRPC_ARG_MAX_RECONNECT_BACKOFF_MS).
  grpc::ChannelArguments arguments{};
  std::shared_ptr<Observer> observer{};     // hears of every health and discovery event
  const Registry* registry = nullptr;       // of resolvers, policies, …; null: BuiltinRegistry()
  std::shared_ptr<EventLoop> event_loop{};  // null: SharedEventLoop()
  /// What is known of the target outlives the process; off by default. For targets that nines
  /// resolves. The last snapshot is written when the last reference to the channel goes.
  SnapshotOptions snapshot{};
};

/// A channel to `target`: one that nines resolves (docs/targets.md), or any that gRPC knows
/// (ipv4:, ipv6:, unix:, xds:, …), whose resolver is then wrapped. Its calls share per-call memory,
/// so that a retry goes to an endpoint that the call has not tried.
///
/// InvalidArgument, with every problem and its path, for a wrong target or config;
/// FailedPrecondition as RegisterGrpcPlugins(), and for a health check that cannot be made (a file
/// is missing). Does not wait for DNS or connections.
absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    ChannelOptions options = {});

/// Makes policy "nines" known to gRPC, for channels that are made by grpc::CreateCustomChannel and
/// name it in their service config, and schemes nines-dns, nines-srv, nines-file and nines-static:
/// dns, srv, file and static as nines resolves them, for such channels with whatever policy.
/// Called by CreateChannel(). Idempotent, thread-safe.
///
/// FailedPrecondition if it is too late, because gRPC was initialised before this library was
/// loaded, or if the gRPC at run time is not the one nines was built for (its version, or whether
/// it was built with NDEBUG).
absl::Status RegisterGrpcPlugins();

/// The health check {"healthCheck": {"grpc": {}}}, for the registry of a nines::Client whose
/// endpoints are gRPC servers: registry.SetProber("grpc", MakeGrpcProberFactory(credentials)).
/// Channels of CreateChannel() have it already, with their own credentials and arguments.
Registry::ProberFactory MakeGrpcProberFactory(std::shared_ptr<grpc::ChannelCredentials> credentials,
                                              const grpc::ChannelArguments& arguments = {});

/// Gives the call the key that {"hash": {"keys": [{"call": {}}]}} hashes: any bytes. Before the
/// call starts, at most once. It is not sent on the wire by channels that CreateChannel() made; by
/// others it is, as metadata.
void SetHashKey(grpc::ClientContext* context, absl::string_view key);

/// The same for {"clientIp": {}}: the address of the client on whose behalf the call is made.
void SetClientIp(grpc::ClientContext* context, absl::string_view ip);

/// Replaces the endpoints of a channel whose target leaves finding them to the program
/// ("manual:///name"): see Client::SetEndpoints(). Kept by the channel, also while it is idle.
/// InvalidArgument also for a channel that CreateChannel() did not make. Thread-safe.
absl::Status SetEndpoints(const std::shared_ptr<grpc::Channel>& channel, EndpointList endpoints);

/// Asks for the channel's endpoints anew, also where gRPC resolves them. Returns at once; the rate
/// of queries is limited. Nothing happens while the channel is idle: its next call resolves anyhow.
/// InvalidArgument for a channel that CreateChannel() did not make. Thread-safe.
absl::Status Refresh(const std::shared_ptr<grpc::Channel>& channel);

/// A reading of every endpoint of a channel that CreateChannel() made; empty for any other channel,
/// and until its first call or GetState(true) made it resolve. Thread-safe.
std::vector<EndpointStatus> Endpoints(const std::shared_ptr<grpc::Channel>& channel);

/// Drains, disables, forces or weighs an endpoint of a channel by hand, or ends that: see
/// Balancer::SetOverride(). Kept by the channel, also while it is idle: then it takes effect, with
/// its event, when the channel is used again. InvalidArgument for a channel that CreateChannel()
/// did not make. Thread-safe.
absl::Status SetOverride(const std::shared_ptr<grpc::Channel>& channel, absl::string_view address,
                         const Override& wish);

}  // namespace nines
