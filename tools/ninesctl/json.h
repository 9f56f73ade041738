// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines::ctl {

/// JSON to be written: what --json prints. Members keep the order in which they were set. Bytes
/// that are not UTF-8 are replaced by U+FFFD, so that the output is JSON whatever it tells of.
///
/// Movable. Thread-compatible.
class Json {
 public:
  static Json Object();
  static Json Array();
  static Json Null();

  // Implicit, so that values are written in place: Set("weight", endpoint.weight).
  Json(absl::string_view text);                                     // NOLINT
  Json(const std::string& text) : Json(absl::string_view(text)) {}  // NOLINT
  Json(const char* text) : Json(absl::string_view(text)) {}         // NOLINT
  Json(bool truth);                                                 // NOLINT
  Json(uint64_t count);                                             // NOLINT
  Json(uint32_t count) : Json(uint64_t{count}) {}                   // NOLINT
  Json(double number);                                              // NOLINT
  Json(Json&& other) noexcept;
  Json& operator=(Json&& other) noexcept;
  ~Json();

  /// Adds a member. REQUIRES: an object without that member.
  Json& Set(absl::string_view name, Json value);

  /// Adds an element. REQUIRES: an array.
  Json& Append(Json value);

  /// On one line, or indented by two spaces; without a newline at the end.
  std::string OnOneLine() const;
  std::string Indented() const;

  /// Every value that holds no other, with its path as the service config's messages write it:
  /// {"nines.panic.mode", "ANY"}. Text without quotes, lists of plain values as one: "A, B".
  std::vector<std::pair<std::string, std::string>> Leaves() const;

 private:
  explicit Json(nlohmann::ordered_json tree);

  std::unique_ptr<nlohmann::ordered_json> tree_;
};

/// A time as --json tells it: milliseconds, to the microsecond.
double JsonMilliseconds(absl::Duration duration);

}  // namespace nines::ctl
