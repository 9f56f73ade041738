// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines {

// Behind any other reason while Endpoint::is_lame.
inline constexpr char kWhyLame[] = "lame: the resolver no longer lists it";

// Why an endpoint is in its state. Kept in parts, and put into words when a person asks: most are
// never read, and an ejection must not allocate. A value.
struct Reason {
  const char* words = "new";                     // a literal
  std::optional<uint32_t> count = std::nullopt;  // of what the words say
  std::string prober = {};                       // whose probes; short enough to need no allocation
  std::string figures = {};                      // behind the words, by detectors that have some
  absl::Status last = {};                        // the failure that was the last
  absl::Duration ejected_for = absl::ZeroDuration();

  // "3 tcp probes failed, the last: UNAVAILABLE: refused", "5 consecutive failures, …; for 5s"
  std::string ToString() const;
};

}  // namespace nines
