// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct SnapshotShowOptions {
  std::string snapshot;  // path
};

/// `ninesctl snapshot show`: what a client would know from it.
absl::StatusOr<ExitStatus> ShowSnapshot(const SnapshotShowOptions& options, Console& console);

}  // namespace nines::ctl
