// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/types/span.h"
#include "config/config_value.h"
#include "nines/config.h"

namespace nines {

/// The fields of the object "nines" of which one names the algorithm.
absl::Span<const absl::string_view> AlgorithmFields();

/// Reads that one of the object "nines"; none means random. Problems go where the value's go.
AlgorithmConfig ReadAlgorithmConfig(const ConfigValue& nines);

}  // namespace nines
