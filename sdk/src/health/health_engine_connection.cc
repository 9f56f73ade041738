// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the engine makes of connections: without one there are no calls, whatever else is known.

#include <memory>
#include <utility>

#include "health/health_engine.h"

namespace nines {

void HealthEngine::OnConnectivity(EndpointRecord& record, Connectivity connectivity,
                                  const absl::Status& status, absl::Time now) {
  const bool was_healthy = HealthStateOf(*record.state) == HealthState::kHealthy;
  if (was_healthy && connectivity != Connectivity::kConnected) record.lost_at = now;
  switch (connectivity) {
    case Connectivity::kConnecting:
      Change(record, EndpointState::kNotConnected, 0,
             {.words = "connection closed, connecting anew"}, now);
      return;
    case Connectivity::kFailed:
      record.last_error = status;
      Change(record, EndpointState::kNotConnected | EndpointState::kConnectFailed, 0,
             {.words = "connection failed", .last = status}, now);
      // Also if it was connecting before, which is no change of state.
      record.reason_by_health() = {.words = "connection failed", .last = status};
      return;
    case Connectivity::kConnected:
      break;
  }
  const uint32_t flags = record.state->flags();
  const bool is_new_connection = (flags & EndpointState::kConnectFailed) != 0;
  Change(record, 0, EndpointState::kNotConnected | EndpointState::kConnectFailed,
         {.words = "connected"}, now);
  // What failed was another process, or another connection to it: it deserves a trial now.
  if (is_new_connection && (flags & EndpointState::kEjected) != 0) {
    BeginTrial(record, {.words = "connected anew after its ejection, on trial"}, now);
  }
  if (is_new_connection) {
    record.is_slow = false;
    record.state->ResetConsecutiveFailures();
    baseline_.Restart(*record.state);
  }
  // A new endpoint's slow start begins when it can take calls.
  if (is_new_connection || record.ramp_start != absl::InfinitePast()) BeginSlowStart(record, now);
}

void HealthEngine::KeepVerdictReason(EndpointRecord& record, uint32_t before, uint32_t set,
                                     Reason& reason) {
  const uint32_t flags = record.state->flags();
  const bool was_hidden = (before & EndpointState::kNotConnected) != 0;
  const bool is_hidden = (flags & EndpointState::kNotConnected) != 0;
  std::unique_ptr<Reason>& kept = record.verdict_reason;
  if (is_hidden && (set & EndpointState::kVerdictFlags) != 0) {
    kept = std::make_unique<Reason>(reason);
  } else if (is_hidden && !was_hidden && (before & EndpointState::kVerdictFlags) != 0) {
    kept = std::make_unique<Reason>(record.reason_by_health());
  } else if (was_hidden && !is_hidden) {
    const bool has_verdict = (flags & EndpointState::kVerdictFlags) != 0;
    if (has_verdict && kept != nullptr) reason = std::move(*kept);
    kept.reset();
  }
}

}  // namespace nines
