// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// Reads the object under "outlierDetection". Problems go where the value's go.
OutlierDetectionConfig ReadOutlierDetectionConfig(const ConfigValue& detection);

}  // namespace nines
