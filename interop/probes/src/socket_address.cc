// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

absl::Status Refuse(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", absl::CHexEscape(address), "\": ", why));
}

template <typename SystemAddress>
SocketAddress Pack(const SystemAddress& address) {
  static_assert(sizeof(SystemAddress) <= sizeof(sockaddr_storage));
  SocketAddress packed;
  std::memcpy(&packed.storage, &address, sizeof(address));
  packed.size = sizeof(address);
  return packed;
}

absl::StatusOr<SocketAddress> ParseUnix(absl::string_view address, absl::string_view path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  // One byte less than there is: the path ends with a zero.
  if (path.empty() || path.size() >= sizeof(name.sun_path)) {
    return Refuse(address, absl::StrCat("the path has ", path.size(), " bytes; allowed: 1 to ",
                                        sizeof(name.sun_path) - 1));
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  return Pack(name);
}

std::optional<uint16_t> ParsePort(absl::string_view text) {
  constexpr char kDigits[] = "0123456789";
  if (text.find_first_not_of(kDigits) != absl::string_view::npos) return std::nullopt;
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

}  // namespace

absl::StatusOr<SocketAddress> ParseSocketAddress(const std::string& address) {
  if (address.find('\0') != std::string::npos) return Refuse(address, "it has a zero byte");
  absl::string_view host = address;
  if (absl::ConsumePrefix(&host, "unix:")) return ParseUnix(address, host);

  const size_t colon = host.rfind(':');
  if (colon == absl::string_view::npos) {
    return Refuse(address, "it has no port; allowed: IPv4:port, [IPv6]:port, unix:/path");
  }
  const std::optional<uint16_t> port = ParsePort(host.substr(colon + 1));
  if (!port.has_value()) return Refuse(address, "its port is not a number in [1, 65535]");
  host = host.substr(0, colon);

  sockaddr_in ipv4 = {};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(*port);
  if (inet_pton(AF_INET, std::string(host).c_str(), &ipv4.sin_addr) == 1) return Pack(ipv4);

  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(*port);
  if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]") &&
      inet_pton(AF_INET6, std::string(host).c_str(), &ipv6.sin6_addr) == 1) {
    return Pack(ipv6);
  }
  return Refuse(address, "it is neither IPv4:port, [IPv6]:port nor unix:/path");
}

}  // namespace nines
