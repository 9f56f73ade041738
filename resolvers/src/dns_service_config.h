// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "ares_lookup.h"
#include "endpoint_lookup.h"
#include "nines/dns_resolver.h"
#include "nines/resolver.h"

namespace nines {

/// `endpoints`, which are of the name `of_host.host`, and the service config that DNS has for it
/// beside them, if the options want it.
std::unique_ptr<EndpointLookup> WithServiceConfig(std::unique_ptr<EndpointLookup> endpoints,
                                                  const DnsOptions& options,
                                                  AresLookupOptions of_host,
                                                  const ResolverContext& context);

}  // namespace nines
