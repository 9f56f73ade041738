// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "testbed/fleet.h"

namespace nines::demo {

/// One part of the demo: something happens, lasts, ends, and a while follows in which the clients
/// recover. Whole seconds, because the loads count by the second.
struct Phase {
  std::string title;      // "127.0.0.2 is killed (SIGKILL)"
  std::string aftermath;  // shown once the fault is healed
  std::optional<testbed::Fault> fault = std::nullopt;
  size_t endpoints_in_dns = 5;
  size_t fault_seconds = 0;
  size_t seconds = 0;  // with fault_seconds
};

/// What the demo plays for five backends, four of which are in DNS at first.
std::vector<Phase> MakeScript();

/// The same in a few seconds, for tests of the demo.
std::vector<Phase> MakeFastScript();

/// Seconds of all phases together.
size_t TotalSeconds(const std::vector<Phase>& script);

}  // namespace nines::demo
