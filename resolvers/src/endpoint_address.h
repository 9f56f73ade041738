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

}  // namespace nines
