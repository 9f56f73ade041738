// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/config_value.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "config/closest_key.h"
#include "config/proto_duration.h"

namespace nines {
namespace {

using Type = JsonValue::Type;

bool IsDigits(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, absl::ascii_isdigit);
}

bool IsInteger(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  return IsDigits(text);
}

bool IsDecimal(absl::string_view text) {
  const size_t point = text.find('.');
  return IsInteger(text.substr(0, point)) &&
         (point == absl::string_view::npos || IsDigits(text.substr(point + 1)));
}

std::string UnknownField(absl::string_view key, absl::Span<const absl::string_view> known) {
  if (known.empty()) return "unknown field; allowed: none, this object is empty";
  const absl::string_view closest = ClosestKey(key, known);
  return absl::StrCat("unknown field",
                      closest.empty() ? "" : absl::StrCat("; did you mean ", closest, "?"),
                      "; allowed: ", absl::StrJoin(known, ", "));
}

}  // namespace

std::string ConfigValue::Description() const {
  switch (json_->type) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return json_->text;
    case Type::kNumber:
      // Not quoted, but shortened like everything else that comes from the text.
      return json_->text.size() > 32 ? Quoted(json_->text) : json_->text;
    case Type::kString:
      return Quoted(json_->text);
    case Type::kArray:
      return "an array";
    case Type::kObject:
      return "an object";
  }
  return "";
}

void ConfigValue::AddWrongType(absl::string_view type, absl::string_view allowed) const {
  AddProblem(absl::StrCat(Description(), " is not ", type, "; allowed: ", allowed));
}

std::optional<bool> ConfigValue::AsBool() const {
  if (json_->type == Type::kBool) return json_->text == "true";
  AddWrongType("a boolean", "true, false");
  return std::nullopt;
}

bool ConfigValue::IsWrittenAsNumber() const {
  return json_->type == Type::kNumber || json_->type == Type::kString;
}

std::optional<uint32_t> ConfigValue::AsInteger(IntegerRange range) const {
  const std::string allowed = absl::StrCat("an integer in [", range.min, ", ", range.max, "]");
  if (!IsWrittenAsNumber() || !IsInteger(json_->text)) {
    AddWrongType("an integer", allowed);
    return std::nullopt;
  }
  uint32_t value = 0;
  if (!absl::SimpleAtoi(json_->text, &value) || value < range.min || value > range.max) {
    AddProblem(absl::StrCat(Description(), " is out of range; allowed: ", allowed));
    return std::nullopt;
  }
  return value;
}

std::optional<double> ConfigValue::AsNumber(NumberRange range) const {
  const std::string allowed =
      absl::StrCat("a number in [", range.min, ", ", range.max, "], no exponent");
  double value = 0;
  if (!IsWrittenAsNumber() || !IsDecimal(json_->text) || !absl::SimpleAtod(json_->text, &value)) {
    AddWrongType("a number", allowed);
    return std::nullopt;
  }
  if (value < range.min || value > range.max) {
    AddProblem(absl::StrCat(Description(), " is out of range; allowed: ", allowed));
    return std::nullopt;
  }
  return value;
}

std::optional<absl::Duration> ConfigValue::AsDuration(DurationRange range) const {
  const std::string allowed =
      absl::StrCat("a duration in [\"", FormatProtoDuration(range.min), "\", \"",
                   FormatProtoDuration(range.max), "\"], in seconds with at most 9 decimals");
  std::optional<absl::Duration> value;
  if (json_->type == Type::kString) value = ParseProtoDuration(json_->text);
  if (!value) {
    AddWrongType("a duration", allowed);
    return std::nullopt;
  }
  if (*value < range.min || *value > range.max) {
    AddProblem(absl::StrCat(Description(), " is out of range; allowed: ", allowed));
    return std::nullopt;
  }
  return value;
}

std::optional<absl::string_view> ConfigValue::AsString(absl::string_view allowed) const {
  if (json_->type == Type::kString) return json_->text;
  AddWrongType("a string", allowed);
  return std::nullopt;
}

bool ConfigValue::CheckArray(absl::string_view allowed) const {
  if (json_->type == Type::kArray) return true;
  AddWrongType("an array", allowed);
  return false;
}

bool ConfigValue::CheckObject() const {
  if (json_->type == Type::kObject) return true;
  AddWrongType("an object", "an object");
  return false;
}

std::vector<ConfigValue> ConfigValue::Children() const {
  std::vector<ConfigValue> children;
  children.reserve(json_->children.size());
  for (const JsonValue& child : json_->children) {
    children.push_back(json_->type == Type::kObject
                           ? Member(child)
                           : ConfigValue(child, ElementPath(path_, children.size()), *errors_));
  }
  return children;
}

ConfigValue ConfigValue::Member(const JsonValue& member) const {
  return ConfigValue(member, MemberPath(path_, member.key), *errors_);
}

std::optional<ConfigValue> ConfigValue::Find(absl::string_view key) const {
  if (json_->type != Type::kObject) return std::nullopt;
  const auto member =
      absl::c_find_if(json_->children, [key](const JsonValue& child) { return child.key == key; });
  if (member == json_->children.end()) return std::nullopt;
  return Member(*member);
}

std::optional<ConfigValue> ConfigValue::Require(absl::string_view key) const {
  std::optional<ConfigValue> member = Find(key);
  if (!member) {
    errors_->AddAt(json_->offset, MemberPath(path_, key), "is missing, and required");
  }
  return member;
}

uint32_t ConfigValue::IntegerOr(absl::string_view key, IntegerRange range,
                                uint32_t fallback) const {
  const std::optional<ConfigValue> member = Find(key);
  return member ? member->AsInteger(range).value_or(fallback) : fallback;
}

double ConfigValue::NumberOr(absl::string_view key, NumberRange range, double fallback) const {
  const std::optional<ConfigValue> member = Find(key);
  return member ? member->AsNumber(range).value_or(fallback) : fallback;
}

absl::Duration ConfigValue::DurationOr(absl::string_view key, DurationRange range,
                                       absl::Duration fallback) const {
  const std::optional<ConfigValue> member = Find(key);
  return member ? member->AsDuration(range).value_or(fallback) : fallback;
}

void ConfigValue::CheckFields(absl::Span<const absl::string_view> known) const {
  for (const JsonValue& child : json_->children) {
    if (absl::c_linear_search(known, child.key)) continue;
    if (errors_->is_full()) {
      errors_->Add("", "");  // counted only, so not worded
    } else {
      Member(child).AddProblem(UnknownField(child.key, known));
    }
  }
}

void ConfigValue::CheckEmptyObject() const {
  if (CheckObject()) CheckFields({});
}

std::vector<absl::string_view> ConfigValue::Present(
    absl::Span<const absl::string_view> keys) const {
  std::vector<absl::string_view> present;
  for (const absl::string_view key : keys) {
    if (Find(key)) present.push_back(key);
  }
  return present;
}

}  // namespace nines
