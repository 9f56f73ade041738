// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/dns_resolver.h"
#include "nines/resolver.h"

namespace nines {

/// Scheme "static": "static:///127.0.0.1:80,[::1]:80,unix:/run/greeter,greeter.example:80", a list
/// that does not change, in its own order. Entries are IPv4:port, [IPv6]:port, unix:/path (without
/// commas) or host:port; those given again count once. `dns` resolves the hosts, at most 100, as it
/// does "dns:///host:port", so that their addresses may change. The list counts when each host was
/// asked once; one that cannot be resolved is an OnResolveError.
std::shared_ptr<const ResolverFactory> MakeStaticResolverFactory(
    std::shared_ptr<const ResolverFactory> dns = MakeDnsResolverFactory());

}  // namespace nines
