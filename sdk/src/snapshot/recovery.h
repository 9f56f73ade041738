// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "nines/snapshot.h"

namespace nines {

// What came of reading the copies.
struct Recovery {
  std::optional<Snapshot> snapshot;  // nothing: no copy is usable
  std::string words;  // which copy that is, how old, and what is wrong with the others
};

// The copy of `target` that was written last and is not too old; the primary, if both were written
// at once, as they usually are. A secondary that is newer says that the primary could not be
// written.
Recovery RecoverSnapshot(const SnapshotOptions& options, const std::string& target, absl::Time now);

}  // namespace nines
