// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/snapshot.h"

namespace nines {

// When the snapshots of tests were written.
inline const absl::Time kSnapshotTime = absl::FromUnixSeconds(1'767'225'600);  // 2026-01-01

inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

// One with every field of everything set, and one endpoint that has all defaults.
inline Snapshot CompleteSnapshot() {
  Snapshot snapshot;
  snapshot.target = "dns:///greeter.example:443";
  snapshot.resolved_at = kSnapshotTime - absl::Minutes(3);
  snapshot.endpoints = {{"192.0.2.1:443", 3, "shard-1", 0}, {"[2001:db8::2]:443", 1, "", 2}};
  snapshot.endpoints[0].zone = "eu-1a";
  snapshot.endpoints[0].attributes = {{"rack", "7"}, {"version", "1.2"}};
  snapshot.learned.as_of = kSnapshotTime;
  LearnedEndpoint ejected;
  ejected.address = "192.0.2.1:443";
  ejected.state = HealthState::kEjected;
  ejected.reason = "5 consecutive failures, the last: UNAVAILABLE: \"down\"\n\xE2\x80\xA6; for 10s";
  ejected.since = kSnapshotTime - absl::Seconds(4);
  ejected.ejection_multiplier = 2;
  ejected.ejected_until = kSnapshotTime + absl::Milliseconds(6250);
  ejected.is_probe_failed = true;
  ejected.latency = absl::Microseconds(1750);
  LearnedEndpoint well;
  well.address = "[2001:db8::2]:443";
  well.reason = "new";
  snapshot.learned.endpoints = {ejected, well};
  HeldOverride drained;
  drained.address = "192.0.2.9:443";
  drained.wish.mode = Override::Mode::kDrain;
  drained.wish.weight = 7;
  drained.wish.note = "kernel update, ticket 4711";
  drained.until = kSnapshotTime + absl::Minutes(10);
  HeldOverride disabled;
  disabled.address = "[2001:db8::2]:443";
  disabled.wish.mode = Override::Mode::kDisable;
  snapshot.learned.overrides = {drained, disabled};
  return snapshot;
}

}  // namespace nines
