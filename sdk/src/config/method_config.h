// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads the list under "methodConfig". Accepts only what gRPC accepts as well, since gRPC reads
/// the same text. Problems go where the value's go.
std::vector<MethodConfig> ReadMethodConfigs(const ConfigValue& method_configs);

}  // namespace nines
