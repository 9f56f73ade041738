// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/snapshot_verify.h"

#include "absl/status/status.h"
#include "nines/snapshot.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/snapshot_read.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

void WriteText(const std::string& path, const absl::StatusOr<Snapshot>& snapshot,
               Console& console) {
  if (!snapshot.ok()) {  // the message begins with the path
    console.out << Toned(absl::IsDataLoss(snapshot.status()) ? "damaged" : "not readable",
                         Tone::kBad, console.has_color)
                << ": " << PrintableLines(snapshot.status().message()) << "\n";
    return;
  }
  console.out << Toned("valid", Tone::kGood, console.has_color) << ": " << Printable(path) << ": "
              << Printable(snapshot->target) << ", "
              << CountText(snapshot->endpoints.size(), "endpoint") << ", written "
              << DateText(snapshot->learned.as_of) << "\n";
}

void WriteJson(const std::string& path, const absl::StatusOr<Snapshot>& snapshot,
               Console& console) {
  Json json = Json::Object();
  json.Set("snapshot", path).Set("valid", snapshot.ok());
  json.Set("target", snapshot.ok() ? Json(snapshot->target) : Json::Null());
  json.Set("written_at", snapshot.ok() ? TimeJson(snapshot->learned.as_of) : Json::Null());
  json.Set("error", ErrorJson(snapshot.status()));
  console.Write(json);
}

}  // namespace

absl::StatusOr<ExitStatus> VerifySnapshot(const SnapshotVerifyOptions& options, Console& console) {
  const absl::StatusOr<Snapshot> snapshot = ReadSnapshot(options.snapshot);
  if (absl::IsInvalidArgument(snapshot.status())) return snapshot.status();
  if (console.is_json()) {
    WriteJson(options.snapshot, snapshot, console);
  } else {
    WriteText(options.snapshot, snapshot, console);
  }
  return snapshot.ok() ? ExitStatus::kGood : ExitStatus::kBadNews;
}

}  // namespace nines::ctl
