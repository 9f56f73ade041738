// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nines::testbed {

/// A port that nothing has bound, for TCP and for UDP, on each of these IPv4 addresses.
///
/// It is free when this returns and not reserved: whoever binds it later must be ready to find it
/// taken and to ask again. Where a server can bind port 0 itself, that is better.
absl::StatusOr<int> FindFreePort(const std::vector<std::string>& addresses = {"127.0.0.1"});

}  // namespace nines::testbed
