// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nines/snapshot.h"
#include "snapshot/atomic_file.h"

namespace nines {
namespace {

// More often, a disk has more to do with snapshots than with anything else.
constexpr absl::Duration kMinInterval = absl::Seconds(1);

// Longer names have no room for what new files are called meanwhile.
constexpr size_t kMaxName = 200;

std::string ProblemOfPath(absl::string_view path) {
  if (!absl::StartsWith(path, "/")) return "is not an absolute path";
  if (absl::StrContains(path, '\0')) return "has a NUL byte";
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return "names a folder; allowed: a file";
  if (name.size() > kMaxName) {
    return absl::StrCat("has a name of ", name.size(), " bytes; allowed: at most ", kMaxName);
  }
  return "";
}

absl::Status AtPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

bool operator==(const Snapshot& a, const Snapshot& b) {
  return a.target == b.target && a.resolved_at == b.resolved_at && a.endpoints == b.endpoints &&
         a.learned == b.learned;
}

absl::Status CheckSnapshotOptions(const SnapshotOptions& options) {
  std::vector<std::string> problems;
  const auto check_path = [&](absl::string_view field, const std::string& path) {
    const std::string problem = path.empty() ? "" : ProblemOfPath(path);
    if (!problem.empty()) problems.push_back(absl::StrCat(field, ": \"", path, "\" ", problem));
  };
  check_path("primary_path", options.primary_path);
  check_path("secondary_path", options.secondary_path);
  if (options.primary_path.empty() && !options.secondary_path.empty()) {
    problems.emplace_back("primary_path: is empty, and secondary_path is not");
  }
  if (!options.primary_path.empty() && options.primary_path == options.secondary_path) {
    problems.emplace_back("secondary_path: is primary_path; allowed: another file, or none");
  }
  if (options.interval < kMinInterval) {
    problems.push_back(absl::StrCat("interval: ", absl::FormatDuration(options.interval),
                                    " is too short; allowed: at least ",
                                    absl::FormatDuration(kMinInterval)));
  }
  if (options.max_age <= absl::ZeroDuration()) {
    problems.push_back(absl::StrCat("max_age: ", absl::FormatDuration(options.max_age),
                                    "; allowed: more than 0s"));
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("snapshot: ", absl::StrJoin(problems, "; ")));
}

absl::StatusOr<Snapshot> ReadSnapshotFile(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadWholeFile(path, kMaxSnapshotBytes);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(*bytes);
  if (!snapshot.ok()) return AtPath(path, snapshot.status());
  return snapshot;
}

absl::Status WriteSnapshotFile(const std::string& path, const Snapshot& snapshot) {
  const std::string problem = ProblemOfPath(path);
  if (!problem.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", path, "\" ", problem));
  }
  const std::string bytes = EncodeSnapshot(snapshot);
  // Nobody could read it, and it would take the place of one that can be read.
  if (bytes.size() > kMaxSnapshotBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the snapshot has ", bytes.size(),
                                                   " bytes; allowed: at most ", kMaxSnapshotBytes));
  }
  return WriteFileAtomically(path, bytes);
}

}  // namespace nines
