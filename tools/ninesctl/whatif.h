// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct WhatIfOptions {
  std::string target;
  std::string config;               // path; "": policy hash
  std::vector<std::string> remove;  // addresses of the target's endpoints
  std::vector<std::string> add;     // addresses as in static:/// targets
  uint32_t weight = 1;              // of each that is added
  uint64_t keys = 100'000;
  absl::Duration resolve_timeout = absl::Seconds(10);
};

/// `ninesctl whatif`: which share of the keys a change of the endpoints moves, and what load each
/// endpoint has before and after.
absl::StatusOr<ExitStatus> WhatIf(const WhatIfOptions& options, Console& console);

}  // namespace nines::ctl
