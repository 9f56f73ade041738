// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nines {

// The two messages of grpc.health.v1.Health/Check, as bytes on the wire. By hand, because generated
// ones would register "grpc/health/v1/health.proto" with protobuf, and so does every program that
// has that standard service compiled in: two of that name in one process abort it. One string and
// one enum are all there is.

// What a server says of a service; the values are the protocol's.
enum class ServingStatus {
  kUnknown = 0,  // also for values that the protocol does not have yet
  kServing = 1,
  kNotServing = 2,
  kServiceUnknown = 3,
};

// "UNKNOWN", "SERVING", …
absl::string_view ServingStatusName(ServingStatus status);

// HealthCheckRequest{service}.
std::string EncodeHealthCheckRequest(absl::string_view service);

// The status of a HealthCheckResponse. Fields of later versions are passed over. InvalidArgument
// for what is no message.
absl::StatusOr<ServingStatus> DecodeHealthCheckResponse(absl::string_view message);

}  // namespace nines
