// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"

namespace nines::testbed {

/// "UNAVAILABLE" for UNAVAILABLE.
absl::string_view StatusCodeName(::grpc::StatusCode code);

/// The reverse. InvalidArgument for a name that is none.
absl::StatusOr<::grpc::StatusCode> ParseStatusCode(absl::string_view name);

}  // namespace nines::testbed
