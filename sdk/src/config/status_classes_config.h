// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/outcome.h"

namespace nines {

/// Reads the object under "statusClasses". Problems go where the value's go.
StatusClasses ReadStatusClasses(const ConfigValue& value);

}  // namespace nines
