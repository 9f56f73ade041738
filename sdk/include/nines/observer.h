// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"

namespace nines {

/// Something happened that a person may want to know. A value.
struct Event {
  enum class Kind {
    kEndpointAdded,
    kEndpointRemoved,
    kStateChanged,  // of one endpoint: from, to, reason
    kPanicEntered,  // too few healthy endpoints: health is ignored (or calls fail, by config)
    kPanicLeft,
    kEjectionSpared,       // an ejection was due but the cap, or being the last, forbade it
    kEjectionNotEnforced,  // one was due; enforcementPercentage or an override forbade it
    kResolveFailed,
    kResolved,  // the first answer that lists endpoints, or the first such after a failure
    kConfigChanged,
    kOverloadBegan,       // an endpoint has too much to do: it takes a smaller share of its calls
    kOverloadEnded,       // it takes all of them again
    kProbeUnsupported,    // an endpoint cannot be asked for its health in the configured way
    kOverrideSet,         // by a person: what holds for an endpoint now
    kOverrideEnded,       // cleared by a person, or expired
    kDrained,             // an endpoint that drains has no calls left
    kCorrelatedFailures,  // nearly all endpoints fail at once: no ejections for outcomes meanwhile
    kCorrelatedFailuresEnded,
    kQueryOfDeath,         // one call fails wherever it goes, and others do not: it is given up
    kProcessStoodStill,    // what timed out meanwhile is held against no endpoint
    kEndpointLame,         // the resolver no longer lists it: it stays as long as it answers
    kEndpointListed,       // it is listed again
    kSnapshotRestored,     // the client begins with what an earlier process knew
    kSnapshotNotRestored,  // there was a place for it, and nothing of use
    kSnapshotWriteFailed,  // the first failure of a place
    kSnapshotWritten,      // the first success after it
  };

  Kind kind = Kind::kStateChanged;
  absl::Time time;
  std::string target;   // of the channel or client, as the user wrote it
  std::string address;  // of the endpoint; empty where the event is the target's
  HealthState from = HealthState::kConnecting;  // kStateChanged only
  HealthState to = HealthState::kConnecting;    // kStateChanged only
  std::string reason;
};

/// "endpoint_added", "state_changed", …
absl::string_view EventKindName(Event::Kind kind);

/// One line for a log: "12:00:01.250 dns:///greeter 127.0.0.2:80 healthy -> ejected: 5
/// consecutive…"
std::string FormatEvent(const Event& event);

/// Hears of every event, in order per target. Called on whichever thread caused the event, under no
/// lock of nines; must be thread-safe, must not block, may call any nines method but Shutdown(),
/// and must not let go of the last reference to the client, channel or balancer that it observes.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnEvent(const Event& event) = 0;
};

}  // namespace nines
