// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "results.h"

namespace nines::bench {

/// Unary calls with a header key to real backend processes, by stock round_robin and by nines
/// {"hash": {}} on that header, as ./dev bench availability measures them. FailedPrecondition if
/// this was built without gRPC.
absl::StatusOr<GrpcResults> MeasureGrpcCalls(int rounds);

}  // namespace nines::bench
