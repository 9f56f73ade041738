// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads the object under "performanceCheck". Problems go where the value's go.
PerformanceCheckConfig ReadPerformanceCheck(const ConfigValue& value);

}  // namespace nines
