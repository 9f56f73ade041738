// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct SnapshotVerifyOptions {
  std::string snapshot;  // path
};

/// `ninesctl snapshot verify`: whether a client could use it, and if not, why.
absl::StatusOr<ExitStatus> VerifySnapshot(const SnapshotVerifyOptions& options, Console& console);

}  // namespace nines::ctl
