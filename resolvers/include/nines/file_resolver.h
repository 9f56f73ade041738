// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/dns_resolver.h"
#include "nines/resolver.h"

namespace nines {

/// Scheme "file": "file:///etc/nines/greeter.json", an absolute path without the authority. The
/// file is JSON, see nines/endpoint_file.h; addresses are IPv4:port, [IPv6]:port, unix:/path, or
/// host:port, which `dns` resolves as it does "dns:///host:port": each of the host's addresses is
/// an endpoint with all else that its entry says. At most 100 different hosts.
///
/// It is read again when it changes: when it is written and closed, when another file is renamed
/// over it, and when a symbolic link anywhere on its path is replaced (which is how Kubernetes
/// updates a ConfigMap). Where the system has no watch to give, it is looked at every two seconds.
/// Refresh() reads it again, too, at most once a second: changes that another machine makes in a
/// network file system are seen by that alone.
///
/// A file that cannot be read or has a mistake is an OnResolveError that says where: what was known
/// stays until the file is good again. An empty list counts at once: a person wrote it. A new list
/// counts when each of its hosts was asked once; one that cannot be resolved is an OnResolveError.
///
/// For TLS, the authority is "localhost"; channels to other names say so in their arguments.
std::shared_ptr<const ResolverFactory> MakeFileResolverFactory(
    std::shared_ptr<const ResolverFactory> dns = MakeDnsResolverFactory());

}  // namespace nines
