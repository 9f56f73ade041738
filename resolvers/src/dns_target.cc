// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_target.h"

#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

constexpr uint16_t kDnsPort = 53;

/// gRPC's, and for its reason: that of https.
constexpr uint16_t kDefaultPort = 443;

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(target.ToString(), ": ", why));
}

}  // namespace

absl::StatusOr<std::string> ParseDnsServer(const Target& target) {
  if (target.authority.empty()) return "";
  const absl::StatusOr<HostPort> server = ParseHostPort(target.authority);
  if (!server.ok()) return Refuse(target, absl::StrCat("DNS server: ", server.status().message()));
  const auto* address = std::get_if<IpAddress>(&server->host);
  if (address == nullptr) {
    return Refuse(target, absl::StrCat("DNS server '", std::get<std::string>(server->host),
                                       "' is a name; it must be an IP address"));
  }
  return FormatIpAddressAndPort(*address, server->port.value_or(kDnsPort));
}

absl::StatusOr<DnsTarget> ParseDnsTarget(const Target& target) {
  absl::StatusOr<std::string> server = ParseDnsServer(target);
  if (!server.ok()) return server.status();
  absl::StatusOr<HostPort> host_port = ParseHostPort(target.path);
  if (!host_port.ok()) return Refuse(target, host_port.status().message());
  const auto* address = std::get_if<IpAddress>(&host_port->host);
  if (address != nullptr && !CanBeEndpoint(*address)) {
    return Refuse(target, absl::StrCat(FormatIpAddress(*address), " cannot be a server's address"));
  }
  return DnsTarget{*std::move(server), std::move(host_port->host),
                   host_port->port.value_or(kDefaultPort)};
}

}  // namespace nines
