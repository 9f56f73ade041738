// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/config_value.h"

namespace nines {

/// The error code that a config means by `name`: in upper case, as gRPC 1.51 reads them. A6 also
/// has numbers and other case, which gRPC 1.51 refuses. OK is none.
std::optional<absl::StatusCode> ErrorCodeNamed(absl::string_view name);

/// All of them, for messages.
std::string ErrorCodeNames();

/// The codes of a list of names, each once. Problems go where the value's go.
std::vector<absl::StatusCode> ReadErrorCodes(const ConfigValue& list);

}  // namespace nines
