// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"

namespace nines::bench {

/// The address of endpoint or host number `index`, the same for all systems.
inline std::string AddressOf(size_t index) {
  return absl::StrCat("10.", index >> 16, ".", (index >> 8) & 255, ".", index & 255, ":80");
}

}  // namespace nines::bench
