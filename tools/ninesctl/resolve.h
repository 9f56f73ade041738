// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct ResolveOptions {
  std::string target;
  absl::Duration timeout = absl::Seconds(10);  // for the first answer
  bool watches = false;  // goes on after the first answer, until its output is closed
};

/// `ninesctl resolve`: the endpoints of a target, or why there are none.
absl::StatusOr<ExitStatus> Resolve(const ResolveOptions& options, Console& console);

}  // namespace nines::ctl
