// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nines {

// One pair of the table of docs/health.md: what an input does to an endpoint in a state.
struct HealthTransition {
  std::string state;
  std::string input;
  std::string becomes;              // a HealthState, or "same"
  std::vector<std::string> events;  // their kinds
  std::string reason;               // part of that of the last event
};

// The table, one entry per pair. InvalidArgument, with every problem, if there is no table, a row
// is not whole, a word is neither one of `states` nor of `inputs`, or a pair is missing or named
// twice.
absl::StatusOr<std::vector<HealthTransition>> ParseHealthTable(absl::string_view document,
                                                               const std::set<std::string>& states,
                                                               const std::set<std::string>& inputs);

}  // namespace nines
