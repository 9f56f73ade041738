// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads {"healthCheck": {…}}. Problems go where the value's go.
HealthCheckConfig ReadHealthCheckConfig(const ConfigValue& health_check);

}  // namespace nines
