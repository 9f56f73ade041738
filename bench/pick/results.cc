// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "results.h"

#include <algorithm>

namespace nines::bench {

const SystemResults* Results::Find(const std::string& name) const {
  const auto found = std::find_if(systems.begin(), systems.end(),
                                  [&](const SystemResults& system) { return system.name == name; });
  return found == systems.end() ? nullptr : &*found;
}

}  // namespace nines::bench
