// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "dns_answer.h"
#include "nines/endpoint.h"
#include "srv_reply.h"

namespace nines {

/// The addresses of each host that the records name.
using HostAddresses = std::map<std::string, KnownAddresses>;

/// The endpoints of a service: every address of every record's host, in order of tier and address.
/// The priority is the tier. A record's weight is shared by its host's addresses, so that all
/// weights may come out multiplied by one number; weight 0 counts as 1, which is what RFC 2782's
/// way of choosing gives it. A host without addresses has no endpoint. An address that stands in
/// several records is in the first tier of these, with the sum of its weights there.
EndpointList EndpointsOfService(const std::vector<SrvRecord>& records,
                                const HostAddresses& addresses);

}  // namespace nines
