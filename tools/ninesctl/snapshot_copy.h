// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct SnapshotBackupOptions {
  std::string source;
  std::string destination;
  bool replaces = false;  // what is at the destination
};

/// `ninesctl snapshot backup`: copies a snapshot that is valid, atomically, and reads the copy.
absl::StatusOr<ExitStatus> BackUpSnapshot(const SnapshotBackupOptions& options, Console& console);

struct SnapshotRestoreOptions {
  std::string backup;
  std::string destination;
};

/// `ninesctl snapshot restore`: the same the other way; what was at the destination is kept beside
/// it, under a name that is said.
absl::StatusOr<ExitStatus> RestoreSnapshot(const SnapshotRestoreOptions& options, Console& console);

}  // namespace nines::ctl
