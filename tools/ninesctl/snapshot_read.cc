// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/snapshot_read.h"

#include "absl/status/status.h"

namespace nines::ctl {
namespace {

bool IsKnown(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

}  // namespace

absl::StatusOr<Snapshot> ReadSnapshot(const std::string& path) {
  absl::StatusOr<Snapshot> snapshot = ReadSnapshotFile(path);
  const absl::Status& status = snapshot.status();
  if (status.ok() || absl::IsDataLoss(status) || absl::IsUnimplemented(status)) return snapshot;
  return absl::InvalidArgumentError(status.message());
}

Json TimeJson(absl::Time time) {
  if (!IsKnown(time)) return Json::Null();
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string DateText(absl::Time time) {
  return IsKnown(time) ? absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone()) : "";
}

}  // namespace nines::ctl
