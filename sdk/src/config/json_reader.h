// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "config/config_errors.h"
#include "config/json_value.h"
#include "nines/config.h"

namespace nines {

/// Values one config may consist of. Bounds what hostile text can make us allocate (about a hundred
/// bytes for each value, of which a megabyte of text could hold half a million); real configs have
/// hundreds.
inline constexpr size_t kMaxServiceConfigValues = 65536;

/// What a text may have at most.
struct JsonLimits {
  size_t bytes = kMaxServiceConfigBytes;
  size_t values = kMaxServiceConfigValues;
  size_t depth = kMaxServiceConfigDepth;
};

/// Reads one JSON text (RFC 8259: no comments, no byte order mark) within the limits. Nothing, with
/// the reason in `errors`, if it is not JSON or beyond the limits; a key that an object has twice
/// is a problem too, but the value is returned. Iterative, in time and memory proportional to the
/// text.
std::optional<JsonValue> ReadJson(absl::string_view text, ConfigErrors& errors,
                                  const JsonLimits& limits = {});

}  // namespace nines
