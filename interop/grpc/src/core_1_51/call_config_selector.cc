// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/call_config_selector.h"

#include <cstring>
#include <string>
#include <utility>

#include "call_metadata.h"
#include "core_1_51/per_call.h"
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

}  // namespace

CallConfigSelector::CallConfigSelector(
    grpc_core::RefCountedPtr<grpc_core::ServiceConfig> service_config)
    : service_config_(std::move(service_config)),
      retry_parser_index_(grpc_core::internal::RetryServiceConfigParser::ParserIndex()) {}

bool CallConfigSelector::Equals(const ConfigSelector* other) const {
  return service_config_ == static_cast<const CallConfigSelector*>(other)->service_config_;
}

grpc_core::ConfigSelector::CallConfig CallConfigSelector::GetCallConfig(GetCallConfigArgs args) {
  PerCall* call = args.arena->New<PerCall>();
  call->hash_key = TakeOut(kHashKeyMetadata, args.initial_metadata, args.arena);
  call->client_ip = TakeOut(kClientIpMetadata, args.initial_metadata, args.arena);
  call->content_hash = TakeOut(kContentHashMetadata, args.initial_metadata, args.arena);

  CallConfig config;
  config.service_config = service_config_;
  config.method_configs = service_config_->GetMethodParsedConfigVector(*args.path);
  if (config.method_configs != nullptr) {
    const auto* retry = static_cast<const grpc_core::internal::RetryMethodConfig*>(
        (*config.method_configs)[retry_parser_index_].get());
    if (retry != nullptr) {
      call->max_attempts = retry->max_attempts();
      call->retryable_codes = retry->retryable_status_codes();
    }
  }
  config.call_attributes[PerCallAttribute()] =
      absl::string_view(reinterpret_cast<const char*>(call), sizeof(*call));
  return config;
}

}  // namespace nines
