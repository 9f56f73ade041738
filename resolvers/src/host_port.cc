// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "host_port.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

// RFC 1035, section 2.3.4; a name of 253 characters is 255 bytes in a packet.
constexpr size_t kMaxNameLength = 253;
constexpr size_t kMaxLabelLength = 63;

/// Quoted in messages, shortened.
std::string Quote(absl::string_view text) {
  constexpr size_t kMaxQuoted = 80;
  return absl::StrCat("'", absl::CHexEscape(text.substr(0, kMaxQuoted)),
                      text.size() > kMaxQuoted ? "...'" : "'");
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool AreDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

/// Letters, digits and '-', as in host names; '_', which is none but stands in real ones.
bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

absl::Status CheckLabel(absl::string_view label, absl::string_view name) {
  if (label.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("host ", Quote(name), " has an empty label"));
  }
  if (label.size() > kMaxLabelLength) {
    return absl::InvalidArgumentError(absl::StrCat("host ", Quote(name), " has a label of ",
                                                   label.size(), " characters; at most ",
                                                   kMaxLabelLength, " are allowed"));
  }
  const auto wrong = std::find_if_not(label.begin(), label.end(), IsNameCharacter);
  if (wrong == label.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("host ", Quote(name), " has the character ",
                                                 Quote(absl::string_view(&*wrong, 1)),
                                                 "; allowed: letters, digits, '-' and '_'"));
}

absl::Status CheckName(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("the host is missing");
  absl::string_view relative = name;
  absl::ConsumeSuffix(&relative, ".");  // of an absolute name
  if (relative.size() > kMaxNameLength) {
    return absl::InvalidArgumentError(absl::StrCat("host ", Quote(name), " has ", relative.size(),
                                                   " characters; at most ", kMaxNameLength,
                                                   " are allowed"));
  }
  absl::string_view last;
  for (const absl::string_view label : absl::StrSplit(relative, '.')) {
    if (absl::Status status = CheckLabel(label, name); !status.ok()) return status;
    last = label;
  }
  // No top-level domain is a number; this is an address with a mistake in it.
  if (AreDigits(last)) {
    return absl::InvalidArgumentError(
        absl::StrCat("host ", Quote(name), " is neither a name nor an IPv4 address"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Host> ParseHost(absl::string_view text) {
  if (const std::optional<IpAddress> address = ParseIpAddress(text)) return *address;
  if (absl::Status status = CheckName(text); !status.ok()) return status;
  return std::string(text);
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("the port is missing after ':'");
  if (!AreDigits(text)) {
    return absl::InvalidArgumentError(absl::StrCat("port ", Quote(text), " is not a number"));
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("port ", text.substr(0, 20), " is out of range [1, 65535]"));
  }
  return static_cast<uint16_t>(port);
}

/// "[::1]" or "[::1]:80".
absl::StatusOr<HostPort> ParseBracketed(absl::string_view text) {
  const size_t end = text.find(']');
  if (end == absl::string_view::npos) return absl::InvalidArgumentError("a '[' has no ']'");
  const absl::string_view inside = text.substr(1, end - 1);
  const std::optional<IpAddress> address = ParseIpAddress(inside);
  if (!address.has_value() || address->family != IpAddress::Family::kIpv6) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(inside), " in brackets is not an IPv6 address"));
  }
  absl::string_view rest = text.substr(end + 1);
  if (rest.empty()) return HostPort{*address, std::nullopt};
  if (!absl::ConsumePrefix(&rest, ":")) {
    return absl::InvalidArgumentError("after ']' only ':' and a port can follow");
  }
  const absl::StatusOr<uint16_t> port = ParsePort(rest);
  if (!port.ok()) return port.status();
  return HostPort{*address, *port};
}

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  if (absl::StartsWith(text, "[")) return ParseBracketed(text);
  if (const std::optional<IpAddress> address = ParseIpAddress(text)) {
    return HostPort{*address, std::nullopt};
  }
  const size_t colon = text.find(':');
  if (colon != text.rfind(':')) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " has several ':', but is not an IPv6 address"));
  }
  absl::StatusOr<Host> host = ParseHost(text.substr(0, colon));
  if (!host.ok()) return host.status();
  if (colon == absl::string_view::npos) return HostPort{*std::move(host), std::nullopt};
  const absl::StatusOr<uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port.ok()) return port.status();
  return HostPort{*std::move(host), *port};
}

std::string FormatHostPort(const HostPort& host_port) {
  const auto* address = std::get_if<IpAddress>(&host_port.host);
  std::string text =
      address == nullptr ? std::get<std::string>(host_port.host) : FormatIpAddress(*address);
  if (address != nullptr && address->family == IpAddress::Family::kIpv6) {
    text = absl::StrCat("[", text, "]");
  }
  return host_port.port.has_value() ? absl::StrCat(text, ":", *host_port.port) : text;
}

}  // namespace nines
