// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/snapshot.h"
#include "ninesctl/json.h"

namespace nines::ctl {

/// ReadSnapshotFile(), but InvalidArgument for a file that is not there or cannot be read: there is
/// nothing to judge. DataLoss and Unimplemented are of a file that was read.
absl::StatusOr<Snapshot> ReadSnapshot(const std::string& path);

/// "2026-01-01T00:00:00.25Z"; null for a time that is not known, or never.
Json TimeJson(absl::Time time);

/// "2026-01-01 00:00:00 UTC"; "" likewise.
std::string DateText(absl::Time time);

}  // namespace nines::ctl
