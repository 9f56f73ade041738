// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/status/status.h"
#include "grpc_calls.h"

namespace nines::bench {

absl::StatusOr<GrpcResults> MeasureGrpcCalls(int /*rounds*/) {
  return absl::FailedPreconditionError("built without gRPC");
}

}  // namespace nines::bench
