// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/status_classes_config.h"

#include <iterator>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "config/status_code_name.h"

namespace nines {
namespace {

struct NamedClass {
  absl::string_view name;
  OutcomeClass outcome_class;
};
constexpr NamedClass kClasses[] = {{"SERVER_FAULT", OutcomeClass::kServerFault},
                                   {"OVERLOAD", OutcomeClass::kOverload},
                                   {"NEUTRAL", OutcomeClass::kNeutral}};
constexpr absl::string_view kClassNames = "\"SERVER_FAULT\", \"OVERLOAD\", \"NEUTRAL\"";

std::optional<OutcomeClass> ReadClass(const ConfigValue& value) {
  const std::optional<absl::string_view> name = value.AsString(kClassNames);
  if (!name) return std::nullopt;
  const auto* known =
      absl::c_find_if(kClasses, [&](const NamedClass& entry) { return entry.name == *name; });
  if (known != std::end(kClasses)) return known->outcome_class;
  value.AddProblem(absl::StrCat(value.Description(), " is not a class; allowed: ", kClassNames));
  return std::nullopt;
}

std::optional<absl::StatusCode> ReadCode(const ConfigValue& member) {
  const std::optional<absl::StatusCode> code = ErrorCodeNamed(member.key());
  if (!code) {
    member.AddProblem(absl::StrCat(Quoted(member.key()),
                                   " is not the code of an error; allowed: ", ErrorCodeNames()));
  }
  return code;
}

}  // namespace

StatusClasses ReadStatusClasses(const ConfigValue& value) {
  StatusClasses classes;
  if (!value.CheckObject()) return classes;
  for (const ConfigValue& member : value.Children()) {
    const std::optional<absl::StatusCode> code = ReadCode(member);
    const std::optional<OutcomeClass> outcome_class = ReadClass(member);
    if (code && outcome_class) classes.Set(*code, *outcome_class);
  }
  return classes;
}

}  // namespace nines
