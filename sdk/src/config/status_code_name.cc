// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/status_code_name.h"

#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines {
namespace {

constexpr absl::StatusCode kErrorCodes[] = {
    absl::StatusCode::kCancelled,          absl::StatusCode::kUnknown,
    absl::StatusCode::kInvalidArgument,    absl::StatusCode::kDeadlineExceeded,
    absl::StatusCode::kNotFound,           absl::StatusCode::kAlreadyExists,
    absl::StatusCode::kPermissionDenied,   absl::StatusCode::kResourceExhausted,
    absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted,
    absl::StatusCode::kOutOfRange,         absl::StatusCode::kUnimplemented,
    absl::StatusCode::kInternal,           absl::StatusCode::kUnavailable,
    absl::StatusCode::kDataLoss,           absl::StatusCode::kUnauthenticated};

}  // namespace

std::optional<absl::StatusCode> ErrorCodeNamed(absl::string_view name) {
  const auto* code = absl::c_find_if(kErrorCodes, [name](absl::StatusCode known) {
    return absl::StatusCodeToString(known) == name;
  });
  if (code == std::end(kErrorCodes)) return std::nullopt;
  return *code;
}

std::string ErrorCodeNames() {
  return absl::StrJoin(kErrorCodes, ", ", [](std::string* out, absl::StatusCode code) {
    absl::StrAppend(out, absl::StatusCodeToString(code));
  });
}

namespace {

std::optional<absl::StatusCode> ReadErrorCode(const ConfigValue& element) {
  const auto name = element.AsString("the name of a status code in upper case");
  if (!name) return std::nullopt;
  const std::optional<absl::StatusCode> code = ErrorCodeNamed(*name);
  if (!code) {
    element.AddProblem(absl::StrCat(element.Description(),
                                    " is not a status code to retry; allowed: ", ErrorCodeNames()));
  }
  return code;
}

}  // namespace

std::vector<absl::StatusCode> ReadErrorCodes(const ConfigValue& list) {
  std::vector<absl::StatusCode> codes;
  if (!list.CheckArray()) return codes;
  for (const ConfigValue& element : list.Children()) {
    const std::optional<absl::StatusCode> code = ReadErrorCode(element);
    if (code && !absl::c_linear_search(codes, *code)) codes.push_back(*code);
  }
  return codes;
}

}  // namespace nines
