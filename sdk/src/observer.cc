// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/observer.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace nines {

absl::string_view EventKindName(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kEndpointAdded:
      return "endpoint_added";
    case Event::Kind::kEndpointRemoved:
      return "endpoint_removed";
    case Event::Kind::kStateChanged:
      return "state_changed";
    case Event::Kind::kPanicEntered:
      return "panic_entered";
    case Event::Kind::kPanicLeft:
      return "panic_left";
    case Event::Kind::kEjectionSpared:
      return "ejection_spared";
    case Event::Kind::kEjectionNotEnforced:
      return "ejection_not_enforced";
    case Event::Kind::kResolveFailed:
      return "resolve_failed";
    case Event::Kind::kResolved:
      return "resolved";
    case Event::Kind::kConfigChanged:
      return "config_changed";
    case Event::Kind::kOverloadBegan:
      return "overload_began";
    case Event::Kind::kOverloadEnded:
      return "overload_ended";
    case Event::Kind::kProbeUnsupported:
      return "probe_unsupported";
    case Event::Kind::kOverrideSet:
      return "override_set";
    case Event::Kind::kOverrideEnded:
      return "override_ended";
    case Event::Kind::kDrained:
      return "drained";
    case Event::Kind::kCorrelatedFailures:
      return "correlated_failures";
    case Event::Kind::kCorrelatedFailuresEnded:
      return "correlated_failures_ended";
    case Event::Kind::kQueryOfDeath:
      return "query_of_death";
    case Event::Kind::kProcessStoodStill:
      return "process_stood_still";
    case Event::Kind::kEndpointLame:
      return "endpoint_lame";
    case Event::Kind::kEndpointListed:
      return "endpoint_listed";
    case Event::Kind::kSnapshotRestored:
      return "snapshot_restored";
    case Event::Kind::kSnapshotNotRestored:
      return "snapshot_not_restored";
    case Event::Kind::kSnapshotWriteFailed:
      return "snapshot_write_failed";
    case Event::Kind::kSnapshotWritten:
      return "snapshot_written";
  }
  return "unknown";
}

std::string FormatEvent(const Event& event) {
  std::string line = absl::StrCat(absl::FormatTime("%H:%M:%E3S", event.time, absl::LocalTimeZone()),
                                  " ", event.target, " ");
  if (!event.address.empty()) absl::StrAppend(&line, event.address, " ");
  if (event.kind == Event::Kind::kStateChanged) {
    absl::StrAppend(&line, HealthStateName(event.from), " -> ", HealthStateName(event.to));
  } else {
    absl::StrAppend(&line, EventKindName(event.kind));
  }
  if (!event.reason.empty()) absl::StrAppend(&line, ": ", event.reason);
  return line;
}

}  // namespace nines
