// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "nines/endpoint.h"
#include "src/core/lib/resolver/server_address.h"

namespace nines {

// Endpoints as gRPC's resolvers and policies hand them to each other, and back. All but the address
// travels in an attribute of ours; an address from another resolver has weight 1, or gRPC's
// own weight attribute, its address as identity, and is of the first tier.

// InvalidArgument, naming the address, if it is neither ip:port nor unix:path.
absl::StatusOr<grpc_core::ServerAddress> ServerAddressOf(const Endpoint& endpoint);

Endpoint EndpointOf(const grpc_core::ServerAddress& server);

}  // namespace nines
