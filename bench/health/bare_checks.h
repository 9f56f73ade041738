// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nines::bench {

/// What gRPC alone takes for a grpc probe of each endpoint every 2 s: one thread, gRPC's C
/// interface, a channel per endpoint with the arguments that our prober gives its own, all
/// operations of a call in one batch. Calls begin together as ours do, fifty of a thousand every
/// 100 ms. In percent of one processor, over `length`, after `settling`. Internal if a call that
/// was counted failed.
absl::StatusOr<double> MeasureBareChecks(const std::vector<std::string>& addresses,
                                         absl::Duration settling, absl::Duration length);

}  // namespace nines::bench
