// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines::demo {

// How the demo writes things for people.

/// "12,345".
std::string CountText(uint64_t count);

/// "3.1" (milliseconds), "210".
std::string MillisecondsText(absl::Duration duration);

/// "99.987 %", rounded down, so that "100.000 %" means that nothing failed.
std::string PercentText(double percent);

/// "127.0.0.2" for "127.0.0.2:4012": the demo's backends share their port.
std::string HostOf(absl::string_view address);

/// `text` with its line breaks and other control characters turned into spaces.
std::string OnOneLine(absl::string_view text);

}  // namespace nines::demo
