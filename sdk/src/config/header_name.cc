// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/header_name.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace nines {
namespace {

constexpr size_t kMaxHeaderBytes = 256;

bool IsHeaderCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
}

// Why nothing can be read from header `name` (lower case); "" if it can.
absl::string_view HeaderProblem(absl::string_view name) {
  if (name.empty() || name.size() > kMaxHeaderBytes ||
      !std::all_of(name.begin(), name.end(), IsHeaderCharacter)) {
    return "is not a header name; allowed: 1 to 256 letters, digits, '-', '_' and '.'";
  }
  if (absl::EndsWith(name, "-bin")) return "is a binary header, which gRFC A76 does not allow";
  if (absl::StartsWith(name, "grpc-")) return "is reserved for gRPC";
  return "";
}

}  // namespace

std::string ReadHeaderName(const ConfigValue& value) {
  const std::optional<absl::string_view> written = value.AsString("a header name");
  if (!written) return "";
  std::string name = absl::AsciiStrToLower(*written);
  const absl::string_view problem = HeaderProblem(name);
  if (!problem.empty()) value.AddProblem(absl::StrCat(value.Description(), " ", problem));
  return name;
}

}  // namespace nines
