// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/native_resolver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "channel_config.h"
#include "core_1_51/endpoint_conversion.h"
#include "core_1_51/run_serialized.h"
#include "nines/config.h"
#include "nines/random.h"
#include "nines/registry.h"
#include "src/core/lib/iomgr/exec_ctx.h"
#include "src/core/lib/service_config/service_config_impl.h"

namespace nines {

NativeResolver::NativeResolver(Native native,
                               std::shared_ptr<grpc_core::WorkSerializer> work_serializer,
                               std::unique_ptr<ResultHandler> result_handler,
                               grpc_core::ChannelArgs args)
    : factory_(native.factory),
      target_(std::move(native.target)),
      link_(std::move(native.link)),
      loop_(std::move(native.loop)),
      work_serializer_(std::move(work_serializer)),
      result_handler_(std::move(result_handler)),
      args_(std::move(args)) {}

grpc_core::RefCountedPtr<NativeResolver> NativeResolver::Self() {
  return grpc_core::RefCountedPtr<NativeResolver>(static_cast<NativeResolver*>(Ref().release()));
}

std::unique_ptr<nines::Resolver> NativeResolver::MakeNative(EventLoop& loop) {
  ResolverContext context{&loop, &ProcessRandom(), this};
  if (link_ == nullptr) return factory_.MakeResolver(target_, context);
  context.inbox = link_->inbox().get();
  return link_->MakeResolver(factory_, target_, context);
}

void NativeResolver::StartLocked() {
  loop_->Post([self = Self(), loop = loop_.get()] {
    if (self->is_over_) return;
    self->native_ = self->MakeNative(*loop);
    self->native_->Start();
  });
}

void NativeResolver::RequestReresolutionLocked() {
  loop_->Post([self = Self()] {
    if (self->native_ != nullptr) self->native_->Refresh();
  });
}

void NativeResolver::ShutdownLocked() {
  RunOnLoopAndWait(*loop_, [this] {
    is_over_ = true;  // on this thread, what is posted may come behind it
    native_.reset();
  });
  loop_.reset();
  result_handler_.reset();
}

void NativeResolver::OnEndpoints(EndpointList endpoints) {
  grpc_core::ServerAddressList addresses;
  for (const Endpoint& endpoint : endpoints) {
    auto address = ServerAddressOf(endpoint);
    if (!address.ok()) return OnResolveError(address.status());
    addresses.push_back(*std::move(address));
  }
  ReportFromLoop(std::move(addresses));
  const absl::Status problem = std::exchange(config_problem_, absl::OkStatus());
  if (!problem.ok()) OnResolveError(problem);
}

void NativeResolver::OnServiceConfig(std::string json) {
  if (json.empty()) return service_config_.reset();
  auto config = CheckServiceConfig(json);
  if (config.ok()) {
    service_config_ = *std::move(config);
  } else {
    config_problem_ = absl::InvalidArgumentError(
        absl::StrCat(target_.ToString(), ": service config: ", config.status().message()));
  }
}

absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::ServiceConfig>>
NativeResolver::CheckServiceConfig(const std::string& json) const {
  const absl::StatusOr<ServiceConfig> config = ParseChannelConfig(json);
  if (!config.ok()) return config.status();
  if (RoutesByContent(*config) && (link_ == nullptr || !link_->hashes_requests())) {
    return absl::InvalidArgumentError(
        "hash.keys: requestContent: allowed only if the config that the channel was made with has "
        "it, too; requests are hashed by an interceptor, and gRPC takes no more of those");
  }
  const Registry& registry = link_ != nullptr ? link_->registry() : BuiltinRegistry();
  // The policy would fail all calls. It knows the authority, on which nothing here depends.
  if (auto policy = registry.MakePolicy(config->balancer); !policy.ok()) return policy.status();
  auto prober = registry.MakeProber(config->balancer, {loop_.get(), "localhost"});
  if (!prober.ok()) return prober.status();
  grpc_core::ExecCtx exec_ctx;
  return grpc_core::ServiceConfigImpl::Create(
      HasAttemptTimeout(*config) ? args_.Set(kReadAttemptTimeoutArg, 1) : args_, json);
}

void NativeResolver::OnResolveError(const absl::Status& status) { ReportFromLoop(status); }

void NativeResolver::ReportFromLoop(absl::StatusOr<grpc_core::ServerAddressList> addresses) {
  RunSerialized(
      work_serializer_, loop_,
      [self = Self(), addresses = std::move(addresses), config = service_config_]() mutable {
        if (self->result_handler_ == nullptr) return;
        Result result;
        result.addresses = std::move(addresses);
        result.service_config = std::move(config);
        result.args = self->args_;
        self->result_handler_->ReportResult(std::move(result));
      });
}

}  // namespace nines
