// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config_value.h"
#include "nines/retry.h"

namespace nines {

/// Reads the object under "retryPolicy" (gRFC A6). Problems go where the value's go.
RetryPolicy ReadRetryPolicy(const ConfigValue& retry_policy);

/// Reads the object under "retryThrottling" (gRFC A6).
RetryThrottling ReadRetryThrottling(const ConfigValue& retry_throttling);

}  // namespace nines
