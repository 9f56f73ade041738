// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Each reads the object of one detector, which stands in "outlierDetection". Problems go where the
/// value's go.
SuccessRateEjectionConfig ReadSuccessRateEjection(const ConfigValue& value);
FailurePercentageEjectionConfig ReadFailurePercentageEjection(const ConfigValue& value);
SequentialEjectionConfig ReadSequentialEjection(const ConfigValue& value);
LatencyEjectionConfig ReadLatencyEjection(const ConfigValue& value);
StallEjectionConfig ReadStallEjection(const ConfigValue& value);

}  // namespace nines
