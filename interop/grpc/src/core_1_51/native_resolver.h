// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "channel_link.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"
#include "src/core/lib/channel/channel_args.h"
#include "src/core/lib/gprpp/work_serializer.h"
#include "src/core/lib/resolver/resolver.h"
#include "src/core/lib/service_config/service_config.h"

namespace nines {

// A resolver of nines in the shape that gRPC wants: carries results from the event loop's thread
// into the channel's work serializer.
//
// Confined to the work serializer; `native_` and what follows it to the event loop.
class NativeResolver final : public grpc_core::Resolver, private nines::Resolver::Listener {
 public:
  // What the resolver inside is made of.
  struct Native {
    const nines::ResolverFactory& factory;
    Target target;
    std::shared_ptr<EventLoop> loop;
    std::shared_ptr<const ChannelLink> link;  // null: CreateChannel() did not make the channel
  };

  NativeResolver(Native native, std::shared_ptr<grpc_core::WorkSerializer> work_serializer,
                 std::unique_ptr<ResultHandler> result_handler, grpc_core::ChannelArgs args);

  void StartLocked() override;
  void RequestReresolutionLocked() override;

 private:
  void ShutdownLocked() override;

  // nines::Resolver::Listener, on the event loop's thread:
  void OnEndpoints(EndpointList endpoints) override;
  void OnResolveError(const absl::Status& status) override;
  void OnServiceConfig(std::string json) override;

  // All that CreateChannel() checks of the program's own, and that the channel, which is made, can
  // still do what the config wants.
  absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>> CheckServiceConfig(
      const std::string& json) const;

  grpc_core::RefCountedPtr<NativeResolver> Self();
  std::unique_ptr<nines::Resolver> MakeNative(EventLoop& loop);
  void ReportFromLoop(absl::StatusOr<grpc_core::ServerAddressList> addresses);

  const nines::ResolverFactory& factory_;
  const Target target_;
  const std::shared_ptr<const ChannelLink> link_;
  std::shared_ptr<EventLoop> loop_;  // null after shutdown
  const std::shared_ptr<grpc_core::WorkSerializer> work_serializer_;
  std::unique_ptr<ResultHandler> result_handler_;  // null after shutdown
  const grpc_core::ChannelArgs args_;
  std::unique_ptr<nines::Resolver> native_;  // null before the start and after shutdown
  bool is_over_ = false;
  // The resolver's, loop thread only; null: it has none.
  grpc_core::RefCountedPtr<grpc_core::ServiceConfig> service_config_;
  absl::Status config_problem_;  // to be told behind the endpoints
};

}  // namespace nines
