// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "config/config_value.h"

namespace nines {

/// Reads the name of a metadata entry that holds text, and makes it lower case. Binary and reserved
/// names are problems.
std::string ReadHeaderName(const ConfigValue& value);

}  // namespace nines
