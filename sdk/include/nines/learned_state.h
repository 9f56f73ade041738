// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "nines/override.h"

namespace nines {

/// What a balancer has learned of one endpoint and a later one can use. A value.
struct LearnedEndpoint {
  std::string address;
  /// As outcomes, probes and the connection have it: never kDraining or kDisabled, which people
  /// say.
  HealthState state = HealthState::kHealthy;
  std::string reason;                       // why it is in `state`
  absl::Time since = absl::InfinitePast();  // when it entered `state`; infinite past: not known
  /// What the length of its next ejection is a multiple of: its ejections, less those forgotten.
  uint32_t ejection_multiplier = 0;
  /// When its trial call is due; the infinite past unless outcomes have ejected it.
  absl::Time ejected_until = absl::InfinitePast();
  /// Whether it is out because its probes fail.
  bool is_probe_failed = false;
  absl::Duration latency = absl::ZeroDuration();  // EndpointStatus::latency; zero: not known
};

/// What a person has said of an address, and until when. A value.
struct HeldOverride {
  std::string address;
  Override wish;  // expires_after says nothing here
  absl::Time until = absl::InfiniteFuture();
};

/// All that Balancer::Learned() gives and Balancer::Restore() takes. Times are of the balancer's
/// clock there, of the wall clock in a Snapshot. A value.
struct LearnedState {
  absl::Time as_of;
  std::vector<LearnedEndpoint> endpoints;
  std::vector<HeldOverride> overrides;  // by address
};

bool operator==(const LearnedEndpoint& a, const LearnedEndpoint& b);
bool operator==(const HeldOverride& a, const HeldOverride& b);
bool operator==(const LearnedState& a, const LearnedState& b);

/// `learned` with all times later by `step`: from one clock to another.
LearnedState Shifted(LearnedState learned, absl::Duration step);

}  // namespace nines
