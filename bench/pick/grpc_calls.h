// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "results.h"

namespace nines::bench {

/// Unary calls with a header key to real backend processes, by stock round_robin and by nines
/// {"hash": {}} on that header, in turns. FailedPrecondition if this was built without gRPC.
/// ./dev bench availability has more on what a call costs.
absl::StatusOr<GrpcResults> MeasureGrpcCalls(int rounds);

}  // namespace nines::bench
