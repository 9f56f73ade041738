// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A copy is not of bytes: it is read, checked and written anew by the SDK, so that it has its own
// checksum, and this program's format where the original's is older.

#include "ninesctl/snapshot_copy.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nines/snapshot.h"
#include "ninesctl/snapshot_read.h"

namespace nines::ctl {
namespace {

namespace fs = std::filesystem;

// Names that are tried for what is kept, beyond which something is wrong.
constexpr int kMaxKept = 100;

// As WriteSnapshotFile() takes paths.
std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.string();
}

// Whatever it is: also a link to nowhere.
bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

absl::Status CheckPaths(const std::string& from, const std::string& to) {
  std::error_code error;
  if (Absolute(from) == Absolute(to) || fs::equivalent(from, to, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(to, ": is the file that is copied; allowed: another one"));
  }
  if (fs::is_directory(to, error)) {
    return absl::InvalidArgumentError(absl::StrCat(to, ": is a folder; allowed: a file in one"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Snapshot> Copy(const std::string& from, const std::string& to) {
  absl::StatusOr<Snapshot> snapshot = ReadSnapshot(from);
  if (!snapshot.ok()) return snapshot.status();
  if (absl::Status status = WriteSnapshotFile(Absolute(to), *snapshot); !status.ok()) return status;
  const absl::StatusOr<Snapshot> copy = ReadSnapshotFile(Absolute(to));
  if (!copy.ok()) return copy.status();
  if (!(*copy == *snapshot)) {
    return absl::DataLossError(
        absl::StrCat(to, ": what can be read there is not what was written"));
  }
  return snapshot;
}

// A second name for what is at `path`, which therefore never is without a file.
absl::StatusOr<std::string> Keep(const std::string& path) {
  const std::string stem =
      absl::StrCat(path, ".", absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone()));
  std::error_code error;
  for (int i = 1; i <= kMaxKept; ++i) {
    const std::string kept = i == 1 ? stem : absl::StrCat(stem, ".", i);
    fs::create_hard_link(path, kept, error);
    if (!error) return kept;
    if (error != std::errc::file_exists) break;
  }
  return absl::UnavailableError(absl::StrCat(path, ": cannot be kept as ", stem, ": ",
                                             error.message(), "; nothing was restored"));
}

// What went wrong, and where what was there before is now.
absl::Status NotRestored(const absl::Status& status, const std::string& kept) {
  if (kept.empty()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(status.message(), "; what was there before is kept: ", kept));
}

void Report(const Snapshot& snapshot, const std::string& from, const std::string& to,
            const std::string& kept, Console& console) {
  if (console.is_json()) {
    Json json = Json::Object();
    json.Set("from", from).Set("to", to);
    json.Set("kept", kept.empty() ? Json::Null() : Json(kept)).Set("target", snapshot.target);
    json.Set("written_at", TimeJson(snapshot.learned.as_of));
    json.Set("endpoints", uint64_t{snapshot.endpoints.size()});
    console.Write(json);
    return;
  }
  console.out << Printable(to) << ": " << Printable(snapshot.target) << ", "
              << CountText(snapshot.endpoints.size(), "endpoint") << ", written "
              << DateText(snapshot.learned.as_of) << "\n";
  if (!kept.empty()) console.out << "what was there before: " << Printable(kept) << "\n";
}

}  // namespace

absl::StatusOr<ExitStatus> BackUpSnapshot(const SnapshotBackupOptions& options, Console& console) {
  if (absl::Status status = CheckPaths(options.source, options.destination); !status.ok()) {
    return status;
  }
  if (IsThere(options.destination) && !options.replaces) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.destination, ": is there already; allowed: another file, or --replace"));
  }
  const absl::StatusOr<Snapshot> snapshot = Copy(options.source, options.destination);
  if (!snapshot.ok()) return snapshot.status();
  Report(*snapshot, options.source, options.destination, "", console);
  return ExitStatus::kGood;
}

absl::StatusOr<ExitStatus> RestoreSnapshot(const SnapshotRestoreOptions& options,
                                           Console& console) {
  if (absl::Status status = CheckPaths(options.backup, options.destination); !status.ok()) {
    return status;
  }
  // Before anything changes.
  if (auto backup = ReadSnapshot(options.backup); !backup.ok()) return backup.status();
  std::string kept;
  if (IsThere(options.destination)) {
    absl::StatusOr<std::string> name = Keep(options.destination);
    if (!name.ok()) return name.status();
    kept = *std::move(name);
  }
  const absl::StatusOr<Snapshot> snapshot = Copy(options.backup, options.destination);
  if (!snapshot.ok()) return NotRestored(snapshot.status(), kept);
  Report(*snapshot, options.backup, options.destination, kept, console);
  return ExitStatus::kGood;
}

}  // namespace nines::ctl
