// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "config/config_errors.h"
#include "config/json_value.h"

namespace nines {

// What a field may be, both ends included.
struct IntegerRange {
  uint32_t min;
  uint32_t max;
};
struct NumberRange {
  double min;
  double max;
};
struct DurationRange {
  absl::Duration min;
  absl::Duration max;
};

/// A value of the config, the place where it stands, and where its problems go.
///
/// Thread-compatible, a small value. The JSON tree and the ConfigErrors outlive it.
///
///   if (auto panic = nines.Find("panic"); panic && panic->CheckObject()) {
///     config.threshold_percent = panic->IntegerOr("thresholdPercent", {0, 100}, 50);
///   }
class ConfigValue {
 public:
  ConfigValue(const JsonValue& json, std::string path, ConfigErrors& errors)
      : json_(&json), path_(std::move(path)), errors_(&errors) {}

  const std::string& key() const { return json_->key; }
  const std::string& path() const { return path_; }

  /// The value for messages: "abc" in quotes, a number as written, "an array", …
  std::string Description() const;

  /// Notes that this value is wrong.
  void AddProblem(absl::string_view problem) const {
    errors_->AddAt(json_->offset, path_, problem);
  }

  // These read the value as one type. Anything else, or a value out of `range`, is noted as a
  // problem that says what was allowed. proto3 JSON's rule for numbers holds: 5 and "5" are the
  // same. As in gRPC, an integer has no fraction: 5.0 is none. No number has an exponent, because
  // gRPC takes them in some fields and not in others.

  std::optional<bool> AsBool() const;
  std::optional<uint32_t> AsInteger(IntegerRange range) const;
  std::optional<double> AsNumber(NumberRange range) const;
  std::optional<absl::Duration> AsDuration(DurationRange range) const;
  /// `allowed` ends the message: "a string", "a header name", …
  std::optional<absl::string_view> AsString(absl::string_view allowed) const;
  /// Whether it is one; that it is not is a problem.
  bool CheckArray(absl::string_view allowed = "an array") const;
  bool CheckObject() const;
  bool IsEmptyArray() const {
    return json_->type == JsonValue::Type::kArray && json_->children.empty();
  }
  bool IsObject() const { return json_->type == JsonValue::Type::kObject; }

  /// The elements of an array, the members of an object; else none.
  std::vector<ConfigValue> Children() const;

  /// The member `key`; nothing if it is absent, or if this is no object.
  std::optional<ConfigValue> Find(absl::string_view key) const;

  /// As Find(); that it is absent is a problem.
  std::optional<ConfigValue> Require(absl::string_view key) const;

  // The member `key` as one type; `fallback` if it is absent or wrong.

  uint32_t IntegerOr(absl::string_view key, IntegerRange range, uint32_t fallback) const;
  double NumberOr(absl::string_view key, NumberRange range, double fallback) const;
  absl::Duration DurationOr(absl::string_view key, DurationRange range,
                            absl::Duration fallback) const;

  /// Notes every member that is not among `known`. REQUIRES: an object.
  void CheckFields(absl::Span<const absl::string_view> known) const;

  /// Notes whatever keeps this from being {}.
  void CheckEmptyObject() const;

  /// Those of `keys` that this object has, in their order.
  std::vector<absl::string_view> Present(absl::Span<const absl::string_view> keys) const;

 private:
  ConfigValue Member(const JsonValue& member) const;
  bool IsWrittenAsNumber() const;
  void AddWrongType(absl::string_view type, absl::string_view allowed) const;

  const JsonValue* json_;
  std::string path_;
  ConfigErrors* errors_;
};

}  // namespace nines
