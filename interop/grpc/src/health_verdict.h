// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "health_message.h"

namespace nines {

// How the calls of grpc.health.v1.Health are put and what their answers mean, for Check and Watch.

grpc::ByteBuffer BufferOf(const std::string& message);

// The status in a HealthCheckResponse. InvalidArgument for what is none.
absl::StatusOr<ServingStatus> ReadAnswer(const grpc::ByteBuffer& answer);

// OK, or Unavailable with the status's name.
absl::Status JudgeStatus(ServingStatus status);

// What a call says that ended with an error. Codes that mean something of their own to the health
// engine (nines/health.h) come only where they mean that.
absl::Status JudgeFailure(const grpc::Status& status);

}  // namespace nines
