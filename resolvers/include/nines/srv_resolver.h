// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/dns_resolver.h"
#include "nines/resolver.h"

namespace nines {

/// Scheme "srv": "srv:///_greeter._tcp.example", "srv://server[:port]/_greeter._tcp.example". The
/// SRV records of the name (RFC 2782) say which hosts serve it, on which ports; each A and AAAA
/// record of these hosts is an endpoint. The priority is its tier, so that higher ones are backups.
/// The weight is shared by its host's addresses; weight 0 counts as 1. Records with the target "."
/// or port 0 are none.
///
/// Lookups, refreshes and failures are as those of MakeDnsResolverFactory(), with the least TTL of
/// all records involved. A host that cannot be looked up keeps its last known addresses while its
/// record is there; one that has none is left out.
///
/// For TLS, the authority is the name without service and protocol: "example".
std::shared_ptr<const ResolverFactory> MakeSrvResolverFactory(const DnsOptions& options = {});

}  // namespace nines
