// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// gRFC A2: a service's owner puts a list of choices in DNS, each of which says whom it is for.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "config/config_errors.h"
#include "config/config_value.h"
#include "config/json_reader.h"
#include "nines/config.h"

namespace nines {
namespace {

constexpr absl::string_view kLanguage = "c++";

/// The text of the JSON object that begins at `begin`. REQUIRES: `json` is JSON.
std::string ObjectAt(absl::string_view json, size_t begin) {
  int depth = 0;
  bool is_in_string = false;
  for (size_t at = begin; at < json.size(); ++at) {
    const char c = json[at];
    if (is_in_string) {
      if (c == '\\') ++at;
      is_in_string = c != '"';
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return std::string(json.substr(begin, at - begin + 1));
    }
  }
  return "";
}

/// Whether `name`, a list of words, is absent or has one that is `is_ours`. All are read: each may
/// be wrong.
template <typename IsOurs>
bool FitsList(const ConfigValue& choice, absl::string_view name, IsOurs is_ours) {
  const std::optional<ConfigValue> list = choice.Find(name);
  if (!list.has_value() || !list->CheckArray("an array of strings")) return true;
  bool fits = false;
  for (const ConfigValue& entry : list->Children()) {
    const std::optional<absl::string_view> text = entry.AsString("a string");
    fits |= text.has_value() && is_ours(*text);
  }
  return fits;
}

class ChoiceReader {
 public:
  ChoiceReader(absl::string_view json, const ServiceConfigClient& client)
      : json_(json), client_(client) {}

  std::string Read(const JsonValue& tree, ConfigErrors& errors) {
    const ConfigValue root(tree, "", errors);
    if (!root.CheckArray("an array of choices")) return "";
    const std::vector<ConfigValue> choices = root.Children();
    for (size_t i = 0; i < choices.size(); ++i) ReadChoice(choices[i], tree.children[i]);
    return chosen_.value_or("");
  }

 private:
  // What is not named here is passed over, as in a service config.
  void ReadChoice(const ConfigValue& choice, const JsonValue& json) {
    if (!choice.CheckObject()) return;
    const uint32_t percentage = choice.IntegerOr("percentage", {0, 100}, 100);
    // Both are read in any case, so that all problems are found.
    const bool fits_language = FitsList(choice, "clientLanguage", [](absl::string_view name) {
      return absl::EqualsIgnoreCase(name, kLanguage);
    });
    const bool fits_hostname = FitsList(choice, "clientHostname", [this](absl::string_view name) {
      return name == client_.hostname;
    });
    const std::optional<ConfigValue> config = choice.Require("serviceConfig");
    if (!config.has_value() || !config->CheckObject() || chosen_.has_value()) return;
    if (!fits_language || !fits_hostname) return;
    if (percentage < 100 && client_.percentile >= percentage) return;
    const auto member =
        std::find_if(json.children.begin(), json.children.end(),
                     [](const JsonValue& value) { return value.key == "serviceConfig"; });
    chosen_ = ObjectAt(json_, member->offset);
  }

  const absl::string_view json_;
  const ServiceConfigClient& client_;
  std::optional<std::string> chosen_;
};

}  // namespace

absl::StatusOr<std::string> ChooseServiceConfig(absl::string_view choices,
                                                const ServiceConfigClient& client) {
  ConfigErrors errors("service config choices", choices);
  std::string chosen;
  if (const auto tree = ReadJson(choices, errors)) {
    chosen = ChoiceReader(choices, client).Read(*tree, errors);
  }
  if (!errors.empty()) return errors.ToStatus();
  return chosen;
}

}  // namespace nines
