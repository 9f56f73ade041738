// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct CheckOptions {
  std::string config;  // path; "-": stdin
};

/// `ninesctl check`: what is wrong with a service config, or what it puts in force.
absl::StatusOr<ExitStatus> Check(const CheckOptions& options, Console& console);

}  // namespace nines::ctl
