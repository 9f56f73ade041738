// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "testbed/call_tally.h"

namespace nines::demo {

/// What both sides made of one phase. A value.
struct PhaseResult {
  std::string title;
  testbed::CallTally nines;
  testbed::CallTally stock;
};

/// The closing table: each phase and all together, nines and stock gRPC below each other, and one
/// sentence that says it.
std::string RenderSummary(const std::vector<PhaseResult>& results);

}  // namespace nines::demo
