// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/resolver.h"

namespace nines {

/// Scheme "manual": "manual:///name" has the endpoints that the program itself has found and hands
/// over by Client::SetEndpoints(), or by SetEndpoints(channel, …) in gRPC. Their addresses are
/// IPv4:port, [IPv6]:port or unix:/path. Until the first list there is no result.
///
/// The name, "host" or "host:port", may be missing: it is what messages and TLS call the service
/// by. For TLS without a name, the authority is "localhost".
std::shared_ptr<const ResolverFactory> MakeManualResolverFactory();

}  // namespace nines
