// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/per_call.h"

#include "src/core/ext/filters/client_channel/client_channel.h"

namespace nines {
namespace {

PerCall* ToPerCall(absl::string_view attribute) {
  return attribute.empty() ? nullptr
                           : reinterpret_cast<PerCall*>(const_cast<char*>(attribute.data()));
}

}  // namespace

grpc_core::UniqueTypeName PerCallAttribute() {
  static grpc_core::UniqueTypeName::Factory factory("nines_per_call");
  return factory.Create();
}

PerCall* FindPerCall(const grpc_core::LoadBalancingPolicy::PickArgs& args) {
  // The only CallState there is in gRPC 1.51; its own policies make the same cast.
  auto* state =
      static_cast<grpc_core::ClientChannel::LoadBalancedCall::LbCallState*>(args.call_state);
  return ToPerCall(state->GetCallAttribute(PerCallAttribute()));
}

PerCall* FindPerCall(const grpc_core::ServiceConfigCallData& call_data) {
  const auto found = call_data.call_attributes().find(PerCallAttribute());
  return found != call_data.call_attributes().end() ? ToPerCall(found->second) : nullptr;
}

}  // namespace nines
