// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health_verdict.h"

#include <grpcpp/support/slice.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

std::string TextOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return std::string();
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// A server need not say more than its code.
std::string WithDetail(absl::string_view what, const std::string& detail) {
  return detail.empty() ? std::string(what) : absl::StrCat(what, ": ", detail);
}

}  // namespace

grpc::ByteBuffer BufferOf(const std::string& message) {
  const grpc::Slice slice(message);
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<ServingStatus> ReadAnswer(const grpc::ByteBuffer& answer) {
  return DecodeHealthCheckResponse(TextOf(answer));
}

absl::Status JudgeStatus(ServingStatus status) {
  if (status == ServingStatus::kServing) return absl::OkStatus();
  return absl::UnavailableError(ServingStatusName(status));
}

absl::Status JudgeFailure(const grpc::Status& status) {
  const std::string message = absl::CHexEscape(status.error_message());
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(WithDetail("it has no such health service", message));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(message.empty() ? "no answer in time" : message);
    case grpc::StatusCode::NOT_FOUND:
      return absl::UnavailableError(WithDetail("it does not know this service", message));
    default:
      return absl::UnavailableError(WithDetail(
          absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())), message));
  }
}

}  // namespace nines
