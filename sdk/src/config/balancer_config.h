// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads the object under "nines" in loadBalancingConfig. Problems go where the value's go; the
/// result then has defaults in their place and is of no use.
BalancerConfig ReadBalancerConfig(const ConfigValue& nines);

}  // namespace nines
