// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/call_config_selector.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "call_metadata.h"
#include "core_1_51/grpc_retry_gate.h"
#include "core_1_51/per_call.h"
#include "nines/clock.h"
#include "src/core/ext/filters/client_channel/client_channel_service_config.h"
#include "src/core/ext/filters/client_channel/retry_service_config.h"
#include "src/core/lib/service_config/service_config.h"

namespace nines {
namespace {

// Takes the value of `key` out of the metadata, so that it is not sent, and keeps it in the arena.
std::optional<std::string_view> TakeOut(absl::string_view key, grpc_metadata_batch* metadata,
                                        grpc_core::Arena* arena) {
  std::string buffer;
  const auto value = metadata->GetStringValue(key, &buffer);
  if (!value.has_value()) return std::nullopt;
  char* copy = static_cast<char*>(arena->Alloc(value->size()));
  std::memcpy(copy, value->data(), value->size());
  const size_t size = value->size();
  metadata->Remove(key);
  return std::string_view(copy, size);
}

// Finds what the call's maker shares with it, if that is still there.
void Share(std::string_view id, grpc_core::Arena* arena, PerCall* call) {
  auto shared = SharedCall::Find(SharedCall::IdOf({id.data(), id.size()}));
  if (shared == nullptr) return;
  call->shared = shared.get();
  arena->ManagedNew<std::shared_ptr<SharedCall>>(std::move(shared));  // ends with the arena
}

// gRPC's time on our clock; of a duration that is none, the end of time.
absl::Time InTime(grpc_core::Duration left) {
  if (left == grpc_core::Duration::Infinity()) return absl::InfiniteFuture();
  return ProcessClock().Now() + absl::Milliseconds(left.millis());
}

absl::Time DeadlineOf(const grpc_metadata_batch& metadata) {
  const auto deadline = metadata.get(grpc_core::GrpcTimeoutMetadata());
  if (!deadline.has_value()) return absl::InfiniteFuture();
  return InTime(*deadline - grpc_core::Timestamp::Now());
}

}  // namespace

CallConfigSelector::CallConfigSelector(
    grpc_core::RefCountedPtr<grpc_core::ServiceConfig> service_config, RetryBudget& retry_budget)
    : service_config_(std::move(service_config)),
      retry_budget_(retry_budget),
      retry_parser_index_(grpc_core::internal::RetryServiceConfigParser::ParserIndex()),
      channel_parser_index_(grpc_core::internal::ClientChannelServiceConfigParser::ParserIndex()) {}

bool CallConfigSelector::Equals(const ConfigSelector* other) const {
  return service_config_ == static_cast<const CallConfigSelector*>(other)->service_config_;
}

grpc_core::ConfigSelector::CallConfig CallConfigSelector::GetCallConfig(GetCallConfigArgs args) {
  PerCall* call = args.arena->New<PerCall>(args.arena);
  call->hash_key = TakeOut(kHashKeyMetadata, args.initial_metadata, args.arena);
  call->client_ip = TakeOut(kClientIpMetadata, args.initial_metadata, args.arena);
  call->content_hash = TakeOut(kContentHashMetadata, args.initial_metadata, args.arena);
  if (const auto id = TakeOut(kSharedCallMetadata, args.initial_metadata, args.arena)) {
    Share(*id, args.arena, call);
  }
  call->deadline = DeadlineOf(*args.initial_metadata);
  call->retry_budget = &retry_budget_;

  CallConfig config;
  config.service_config = service_config_;
  config.method_configs = service_config_->GetMethodParsedConfigVector(*args.path);
  if (config.method_configs != nullptr) ReadMethod(*config.method_configs, call);
  config.call_attributes[PerCallAttribute()] =
      absl::string_view(reinterpret_cast<const char*>(call), sizeof(*call));
  config.call_dispatch_controller = args.arena->New<GrpcRetryGate>(call);
  // A hedge is no call of its own.
  if (call->shared == nullptr || call->shared->IsUntried()) {
    retry_budget_.Deposit(ProcessClock().Now());
  }
  return config;
}

void CallConfigSelector::ReadMethod(const MethodConfigs& configs, PerCall* call) const {
  const auto* channel = static_cast<const grpc_core::internal::ClientChannelMethodParsedConfig*>(
      configs[channel_parser_index_].get());
  if (channel != nullptr && channel->timeout() != grpc_core::Duration::Zero()) {
    call->deadline = std::min(call->deadline, InTime(channel->timeout()));
  }
  const auto* retry = static_cast<const grpc_core::internal::RetryMethodConfig*>(
      configs[retry_parser_index_].get());
  if (retry == nullptr) return;
  call->retry_policy = retry;
  if (const auto timeout = retry->per_attempt_recv_timeout()) {
    call->attempt_timeout = absl::Milliseconds(timeout->millis());
  }
}

}  // namespace nines
