// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace nines {

/// An IPv4 or IPv6 address. A value, ordered: IPv4 first, then by number.
struct IpAddress {
  enum class Family { kIpv4, kIpv6 };

  Family family = Family::kIpv4;
  std::array<uint8_t, 16> bytes{};  // of IPv4: the first four, and zeros
};

bool operator==(const IpAddress& a, const IpAddress& b);
bool operator<(const IpAddress& a, const IpAddress& b);

/// "192.0.2.1" or "2001:db8::1", no brackets, no zone; nothing for any other text.
std::optional<IpAddress> ParseIpAddress(absl::string_view text);

/// Whether a server can have this address: not the unspecified one (which would mean this machine),
/// not broadcast, not multicast, nor one of these in IPv6's clothes (::ffff:0.0.0.0).
bool CanBeEndpoint(const IpAddress& address);

/// The shortest form: "192.0.2.1", "2001:db8::1".
std::string FormatIpAddress(const IpAddress& address);

/// "192.0.2.1:80", "[2001:db8::1]:80": as in Endpoint.
std::string FormatIpAddressAndPort(const IpAddress& address, uint16_t port);

}  // namespace nines
