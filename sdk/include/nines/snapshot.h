// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "nines/learned_state.h"

namespace nines {

/// Where a client or channel keeps what it knows of its target, so that the next process can serve
/// its first call while DNS is down: docs/snapshots.md. Off unless primary_path is set.
struct SnapshotOptions {
  /// Absolute path of a file of this target's own, in a folder that exists. Processes with the same
  /// target may share it. "": no snapshots.
  std::string primary_path = {};
  /// A second copy, best on another disk, which is read when the primary cannot be. "": none.
  std::string secondary_path = {};
  /// Between two writes while nothing changes. At least 1 s; what changes is written within 1 s.
  absl::Duration interval = absl::Seconds(30);
  /// What was written longer ago is not used. More than zero.
  absl::Duration max_age = absl::Hours(7 * 24);
};

/// InvalidArgument, naming every problem and what is allowed, if a client would refuse `options`.
absl::Status CheckSnapshotOptions(const SnapshotOptions& options);

/// The last known good state of one target. Times are the wall clock's. A value.
struct Snapshot {
  std::string target;      // as Target::ToString() says it
  absl::Time resolved_at;  // when the resolver last gave `endpoints`
  EndpointList endpoints;  // all that it gave, not only a subset; addresses are distinct
  /// Of those of `endpoints` that were in use, in their order. `learned.as_of` is when the snapshot
  /// was written.
  LearnedState learned;
};

bool operator==(const Snapshot& a, const Snapshot& b);

/// The format that EncodeSnapshot() writes, and the newest that DecodeSnapshot() reads.
inline constexpr int kSnapshotVersion = 1;

/// A file may be as long: room for 100,000 endpoints with all that can be learned of them.
inline constexpr size_t kMaxSnapshotBytes = size_t{32} << 20;

/// The bytes of a snapshot file: one line with version, length and checksum, then JSON. What is not
/// UTF-8 is replaced, byte for byte in notes; endpoints whose address is not UTF-8 are left out.
std::string EncodeSnapshot(const Snapshot& snapshot);

/// The reverse. Never reads half of a snapshot: a single wrong byte fails it as a whole. Says what
/// is wrong, and at which byte or line:
/// - DataLoss: cut, damaged, or not a snapshot at all: use another copy;
/// - Unimplemented: a later version of nines wrote it; the message has both versions.
absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes);

/// The snapshot in the file at `path`. NotFound if there is none, another code with the system's
/// reason if it cannot be read, else as DecodeSnapshot(); each message begins with the path.
/// Changes nothing, and may be called while processes write there.
absl::StatusOr<Snapshot> ReadSnapshotFile(const std::string& path);

/// Puts `snapshot` into the file at `path`, which only its owner may read (mode 0600), in place of
/// what was there. Whatever happens meanwhile, also to the whole machine, the file has the old
/// content or the new. If it fails, the old one stays, and the status has the system's reason;
/// InvalidArgument if `path` cannot be one of a snapshot, or this one is longer than a file may be.
/// Blocks on the disk. Processes may do so for one path at the same time: the last one wins.
absl::Status WriteSnapshotFile(const std::string& path, const Snapshot& snapshot);

}  // namespace nines
