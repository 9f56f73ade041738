// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/retry.h"

namespace nines {

/// Reads the object under "hedgingPolicy" (gRFC A6). Problems go where the value's go.
HedgingPolicy ReadHedgingPolicy(const ConfigValue& hedging_policy);

}  // namespace nines
