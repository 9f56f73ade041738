// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nines {

/// "192.0.2.1:80", "[2001:db8::1]:80" or "unix:/path" in the form in which equal addresses are
/// equal text. InvalidArgument saying what is wrong, without naming what the text is part of.
absl::StatusOr<std::string> ParseEndpointAddress(absl::string_view text);

/// The same, or "greeter.example:80", a host's name with a port.
absl::StatusOr<std::string> ParseListedAddress(absl::string_view text);

/// Whether an address that ParseListedAddress() returned has a host's name.
bool HasHostName(absl::string_view address);

}  // namespace nines
