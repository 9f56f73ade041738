// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/per_call.h"

#include "src/core/ext/filters/client_channel/client_channel.h"

namespace nines {

grpc_core::UniqueTypeName PerCallAttribute() {
  static grpc_core::UniqueTypeName::Factory factory("nines_per_call");
  return factory.Create();
}

PerCall* FindPerCall(const grpc_core::LoadBalancingPolicy::PickArgs& args) {
  // The only CallState there is in gRPC 1.51; its own policies make the same cast.
  auto* state =
      static_cast<grpc_core::ClientChannel::LoadBalancedCall::LbCallState*>(args.call_state);
  const absl::string_view attribute = state->GetCallAttribute(PerCallAttribute());
  return attribute.empty() ? nullptr
                           : reinterpret_cast<PerCall*>(const_cast<char*>(attribute.data()));
}

}  // namespace nines
