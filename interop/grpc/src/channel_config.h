// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"

namespace nines {

// gRPC 1.51 reads perAttemptRecvTimeout only with this channel argument.
inline constexpr char kReadAttemptTimeoutArg[] = "grpc.experimental.enable_hedging";

// As ParseServiceConfig(), for a channel of gRPC: what gRPC would pass over is refused.
absl::StatusOr<ServiceConfig> ParseChannelConfig(absl::string_view json);

// Whether requests have to be hashed, which only an interceptor can do: gRPC takes those when a
// channel is made, and never later.
bool RoutesByContent(const ServiceConfig& config);

// Whether kReadAttemptTimeoutArg is needed.
bool HasAttemptTimeout(const ServiceConfig& config);

}  // namespace nines
