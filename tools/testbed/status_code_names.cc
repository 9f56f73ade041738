// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/status_code_names.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines::testbed {
namespace {

// In the order of their numbers, which gRPC fixes.
constexpr absl::string_view kNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};
constexpr int kCount = sizeof(kNames) / sizeof(kNames[0]);

}  // namespace

absl::string_view StatusCodeName(::grpc::StatusCode code) {
  return code >= 0 && code < kCount ? kNames[code] : "NOT_A_CODE";
}

absl::StatusOr<::grpc::StatusCode> ParseStatusCode(absl::string_view name) {
  for (int code = 0; code < kCount; ++code) {
    if (kNames[code] == name) return static_cast<::grpc::StatusCode>(code);
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no status code"));
}

}  // namespace nines::testbed
