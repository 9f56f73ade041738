// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/resolver.h"

namespace nines {

/// Scheme "static": "static:///127.0.0.1:80,[::1]:80,unix:/run/greeter", a list that does not
/// change, in its own order. Entries are IPv4:port, [IPv6]:port or unix:/path (without commas);
/// those given again count once. Host names are refused: "dns:///" resolves them.
std::shared_ptr<const ResolverFactory> MakeStaticResolverFactory();

}  // namespace nines
