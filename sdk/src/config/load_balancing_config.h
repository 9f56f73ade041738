// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads the list under "loadBalancingConfig" (gRFC A24): the entry of "nines". That gRPC would
/// take another entry, or none, is a problem. Problems go where the value's go.
BalancerConfig ReadLoadBalancingConfig(const ConfigValue& list);

}  // namespace nines
