// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoint_address.h"

#include <sys/un.h>

#include <cstddef>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "host_port.h"
#include "ip_address.h"

namespace nines {
namespace {

constexpr char kAllowedEndpoint[] = "IPv4:port, [IPv6]:port, unix:path";
constexpr char kAllowedListed[] = "host:port, IPv4:port, [IPv6]:port, unix:path";

absl::StatusOr<std::string> ParseUnixAddress(absl::string_view text, absl::string_view path) {
  constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;  // it ends with a zero
  if (path.empty() || path.size() > kMaxPath || absl::StrContains(path, '\0')) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "': a path has 1 to ", kMaxPath, " bytes, none of them zero"));
  }
  return std::string(text);
}

absl::Status Refuse(absl::string_view text, absl::string_view why, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' ", why, "; allowed: ", allowed));
}

// `allowed` is for messages: what the caller will take.
absl::StatusOr<std::string> ParseAddress(absl::string_view text, absl::string_view allowed) {
  if (text.empty()) return Refuse(text, "is no address", allowed);
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return ParseUnixAddress(text, path);

  const absl::StatusOr<HostPort> host_port = ParseHostPort(text);
  if (!host_port.ok()) return host_port.status();
  if (!host_port->port.has_value()) return Refuse(text, "has no port", allowed);
  const auto* address = std::get_if<IpAddress>(&host_port->host);
  if (address == nullptr) return absl::AsciiStrToLower(FormatHostPort(*host_port));
  if (!CanBeEndpoint(*address)) {
    return absl::InvalidArgumentError(
        absl::StrCat(FormatIpAddress(*address), " cannot be a server's address"));
  }
  return FormatIpAddressAndPort(*address, *host_port->port);
}

}  // namespace

absl::StatusOr<std::string> ParseEndpointAddress(absl::string_view text) {
  absl::StatusOr<std::string> address = ParseAddress(text, kAllowedEndpoint);
  if (!address.ok() || !HasHostName(*address)) return address;
  return Refuse(text, "has a host name", kAllowedEndpoint);
}

absl::StatusOr<std::string> ParseListedAddress(absl::string_view text) {
  return ParseAddress(text, kAllowedListed);
}

bool HasHostName(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return false;
  const absl::StatusOr<HostPort> host_port = ParseHostPort(address);
  return host_port.ok() && std::holds_alternative<std::string>(host_port->host);
}

}  // namespace nines
