// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "host_port.h"
#include "nines/resolver.h"

namespace nines {

/// What a target of scheme "dns" asks for. A value.
struct DnsTarget {
  std::string server;  // "192.0.2.1:53" or "[2001:db8::1]:53"; empty: the system's
  Host host;
  uint16_t port = 0;
};

/// The DNS server in the target's authority, in the form that c-ares takes; "" for the system's.
/// InvalidArgument, naming the target, if it is not an IP address with or without a port.
absl::StatusOr<std::string> ParseDnsServer(const Target& target);

/// InvalidArgument, naming the target and what is wrong with it.
absl::StatusOr<DnsTarget> ParseDnsTarget(const Target& target);

}  // namespace nines
