// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ip_address.h"

namespace nines {

/// A host name, checked to be one, or an address.
using Host = std::variant<std::string, IpAddress>;

struct HostPort {
  Host host;
  std::optional<uint16_t> port;  // in [1, 65535]
};

/// Takes apart "name", "name:80", "192.0.2.1", "192.0.2.1:80", "::1", "[::1]" or "[::1]:80".
/// InvalidArgument saying what is wrong with the text, without naming what the text is part of: the
/// caller does.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

/// The text again, with brackets where they are due.
std::string FormatHostPort(const HostPort& host_port);

}  // namespace nines
