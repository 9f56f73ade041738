// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

/// The longest duration that proto3 JSON and gRPC know: ten thousand years.
inline constexpr absl::Duration kMaxProtoDuration = absl::Seconds(315'576'000'000);

/// Reads a duration as proto3 JSON writes one: seconds in decimal with at most nine fractional
/// digits, then "s". Nothing for anything else, negative durations among it: no field takes one.
std::optional<absl::Duration> ParseProtoDuration(absl::string_view text);

/// The reverse: "0.5s". REQUIRES: 0 ≤ duration ≤ kMaxProtoDuration.
std::string FormatProtoDuration(absl::Duration duration);

}  // namespace nines
