// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/endpoint.h"

namespace nines {

absl::string_view HealthStateName(HealthState state) {
  switch (state) {
    case HealthState::kConnecting:
      return "connecting";
    case HealthState::kHealthy:
      return "healthy";
    case HealthState::kDegraded:
      return "degraded";
    case HealthState::kEjected:
      return "ejected";
    case HealthState::kDraining:
      return "draining";
    case HealthState::kDisabled:
      return "disabled";
  }
  return "unknown";
}

}  // namespace nines
