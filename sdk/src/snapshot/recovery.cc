// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines {
namespace {

struct Copy {
  const char* role;
  std::string path;
  absl::StatusOr<Snapshot> content;
};

std::string AgeOf(absl::Time time, absl::Time now) {
  const absl::Duration age = absl::Trunc(now - time, absl::Seconds(1));
  return age <= absl::ZeroDuration() ? "just now" : absl::StrCat(absl::FormatDuration(age), " ago");
}

// Why the snapshot is of no use; empty if it is.
std::string WhyNot(const Snapshot& snapshot, const SnapshotOptions& options,
                   const std::string& target, absl::Time now) {
  if (snapshot.target != target) return absl::StrCat("is of another target: ", snapshot.target);
  if (snapshot.endpoints.empty()) return "has no endpoints";
  if (now - snapshot.learned.as_of > options.max_age) {
    return absl::StrCat("was written ", AgeOf(snapshot.learned.as_of, now), ", more than ",
                        absl::FormatDuration(options.max_age));
  }
  return "";
}

Copy ReadCopy(const char* role, const std::string& path, const SnapshotOptions& options,
              const std::string& target, absl::Time now) {
  Copy copy{role, path, ReadSnapshotFile(path)};
  if (!copy.content.ok()) return copy;
  const std::string problem = WhyNot(*copy.content, options, target, now);
  if (!problem.empty()) {
    copy.content = absl::FailedPreconditionError(absl::StrCat(path, ": ", problem));
  }
  return copy;
}

absl::Time WrittenAt(const Copy& copy) {
  return copy.content.ok() ? copy.content->learned.as_of : absl::InfinitePast();
}

}  // namespace

Recovery RecoverSnapshot(const SnapshotOptions& options, const std::string& target,
                         absl::Time now) {
  std::vector<Copy> copies;
  copies.push_back(ReadCopy("primary", options.primary_path, options, target, now));
  if (!options.secondary_path.empty()) {
    copies.push_back(ReadCopy("secondary", options.secondary_path, options, target, now));
  }
  // The first of equals: the primary.
  const auto best =
      std::max_element(copies.begin(), copies.end(),
                       [](const Copy& a, const Copy& b) { return WrittenAt(a) < WrittenAt(b); });
  std::vector<std::string> others;
  for (const Copy& copy : copies) {
    if (!copy.content.ok()) {
      others.push_back(absl::StrCat(copy.role, ": ", copy.content.status().message()));
    } else if (WrittenAt(copy) < WrittenAt(*best)) {
      others.push_back(absl::StrCat(copy.role, ": ", copy.path, ": is older, written ",
                                    AgeOf(WrittenAt(copy), now)));
    }
  }
  Recovery recovery;
  if (best->content.ok()) {
    const Snapshot& snapshot = *best->content;
    others.insert(others.begin(),
                  absl::StrCat(snapshot.endpoints.size(),
                               snapshot.endpoints.size() == 1 ? " endpoint" : " endpoints",
                               " from the ", best->role, " snapshot ", best->path, ", written ",
                               AgeOf(snapshot.learned.as_of, now), ", resolved ",
                               AgeOf(snapshot.resolved_at, now)));
    recovery.snapshot = *std::move(best->content);
  }
  recovery.words = absl::StrJoin(others, "; ");
  return recovery;
}

}  // namespace nines
