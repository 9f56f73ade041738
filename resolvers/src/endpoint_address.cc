// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoint_address.h"

#include <sys/un.h>

#include <cstddef>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "host_port.h"
#include "ip_address.h"

namespace nines {
namespace {

absl::StatusOr<std::string> ParseUnixAddress(absl::string_view text, absl::string_view path) {
  constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;  // it ends with a zero
  if (path.empty() || path.size() > kMaxPath || absl::StrContains(path, '\0')) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "': a path has 1 to ", kMaxPath, " bytes, none of them zero"));
  }
  return std::string(text);
}

}  // namespace

absl::StatusOr<std::string> ParseEndpointAddress(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return ParseUnixAddress(text, path);

  const absl::StatusOr<HostPort> host_port = ParseHostPort(text);
  if (!host_port.ok()) return host_port.status();
  const auto* address = std::get_if<IpAddress>(&host_port->host);
  if (address == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has a host name, which is not supported yet in a list; ",
                     "use dns:///", text));
  }
  if (!host_port->port.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' has no port"));
  }
  if (!CanBeEndpoint(*address)) {
    return absl::InvalidArgumentError(
        absl::StrCat(FormatIpAddress(*address), " cannot be a server's address"));
  }
  return FormatIpAddressAndPort(*address, *host_port->port);
}

}  // namespace nines
