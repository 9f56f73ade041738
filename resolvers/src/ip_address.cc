// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using Family = IpAddress::Family;

/// The IPv4 address that an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) stands for, else
/// `address`.
IpAddress Unmap(const IpAddress& address) {
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address.family == Family::kIpv4 ||
      !std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    return address;
  }
  IpAddress mapped;
  std::copy(address.bytes.begin() + kMapped.size(), address.bytes.end(), mapped.bytes.begin());
  return mapped;
}

bool IsMulticast(const IpAddress& address) {
  return address.family == Family::kIpv4 ? (address.bytes[0] & 0xf0) == 0xe0  // 224.0.0.0/4
                                         : address.bytes[0] == 0xff;          // ff00::/8
}

bool IsBroadcast(const IpAddress& address) {
  return address.family == Family::kIpv4 &&
         std::all_of(address.bytes.begin(), address.bytes.begin() + 4,
                     [](uint8_t byte) { return byte == 0xff; });
}

}  // namespace

bool operator==(const IpAddress& a, const IpAddress& b) {
  return a.family == b.family && a.bytes == b.bytes;
}

bool operator<(const IpAddress& a, const IpAddress& b) {
  return std::tie(a.family, a.bytes) < std::tie(b.family, b.bytes);
}

std::optional<IpAddress> ParseIpAddress(absl::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.family = Family::kIpv6;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool CanBeEndpoint(const IpAddress& address) {
  const IpAddress plain = Unmap(address);
  const bool is_unspecified =
      std::all_of(plain.bytes.begin(), plain.bytes.end(), [](uint8_t byte) { return byte == 0; });
  return !is_unspecified && !IsMulticast(plain) && !IsBroadcast(plain);
}

std::string FormatIpAddress(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.family == Family::kIpv4 ? AF_INET : AF_INET6;
  inet_ntop(family, address.bytes.data(), text.data(), text.size());  // cannot fail: text is large
  return text.data();
}

std::string FormatIpAddressAndPort(const IpAddress& address, uint16_t port) {
  const std::string text = FormatIpAddress(address);
  return address.family == Family::kIpv4 ? absl::StrCat(text, ":", port)
                                         : absl::StrCat("[", text, "]:", port);
}

}  // namespace nines
