// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/pick_failure.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "health/pool_counts.h"

namespace nines {
namespace {

// Enough to see a pattern, few enough for a log line.
constexpr size_t kMaxErrorsNamed = 5;

}  // namespace

bool IsStillConnecting(const EndpointTable& table) {
  bool is_one_connecting = false;
  for (const auto& record : table.records()) {
    const uint32_t flags = record->state->flags();
    if ((flags & EndpointState::kTakenOutFlags) != 0) continue;  // not worth waiting for
    if ((flags & EndpointState::kNotConnected) == 0) return false;
    if ((flags & EndpointState::kConnectFailed) == 0) is_one_connecting = true;
  }
  return is_one_connecting;
}

absl::Status NoEndpointsError(const std::string& target, const absl::Status& resolve_error) {
  if (resolve_error.ok()) {
    return absl::UnavailableError(absl::StrCat(target, ": resolved to no endpoints"));
  }
  return absl::UnavailableError(absl::StrCat(target, ": not resolved: ", resolve_error.message()));
}

absl::Status NoUsableEndpointError(const std::string& target, const EndpointTable& table,
                                   uint32_t max_in_flight) {
  std::map<HealthState, int> counts;
  int full = 0;
  std::vector<std::string> errors;
  for (const auto& record : table.records()) {
    ++counts[HealthStateOf(*record->state)];
    if (record->state->in_flight() >= max_in_flight) ++full;
    if (record->last_error.ok() || errors.size() == kMaxErrorsNamed) continue;
    errors.push_back(absl::StrCat(record->endpoint.address, ": ",
                                  absl::StatusCodeToString(record->last_error.code()), ": ",
                                  record->last_error.message()));
  }
  std::vector<std::string> states;
  states.reserve(counts.size());
  for (const auto& [state, count] : counts) {
    states.push_back(absl::StrCat(count, " ", HealthStateName(state)));
  }
  if (full != 0) {
    states.push_back(absl::StrCat(full, " with ", max_in_flight, " calls in flight, the limit"));
  }
  return absl::UnavailableError(absl::StrCat(
      target, ": no usable endpoint of ", table.size(), " (", absl::StrJoin(states, ", "), ")",
      errors.empty() ? "" : "; last errors: ", absl::StrJoin(errors, "; ")));
}

}  // namespace nines
