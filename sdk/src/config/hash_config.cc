// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/hash_config.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/header_name.h"
#include "config/prime.h"

namespace nines {
namespace {

// The upper bound is Envoy's; its table takes 10 MB, or 20 MB above 65,535 endpoints. Below three
// there is one permutation, and nothing to choose.
constexpr IntegerRange kTableSize = {3, 5'000'011};
constexpr size_t kMaxHashKeys = 16;
// At 1 nobody may have more than the mean; from a hundred times the mean on it is no limit.
constexpr NumberRange kBoundedLoad = {1, 100};

HashKeySource ReadHashKeySource(const ConfigValue& key) {
  using Kind = HashKeySource::Kind;
  static constexpr absl::string_view kSources[] = {"call", "header", "clientIp", "method",
                                                   "requestContent"};
  static constexpr Kind kKinds[] = {Kind::kCall, Kind::kHeader, Kind::kClientIp, Kind::kMethod,
                                    Kind::kRequestContent};
  if (!key.CheckObject()) return {};
  key.CheckFields(kSources);
  const std::vector<absl::string_view> present = key.Present(kSources);
  if (present.size() != 1) {
    key.AddProblem(absl::StrCat("names ", present.empty() ? "no" : "more than one",
                                " source; allowed: exactly one of ",
                                absl::StrJoin(kSources, ", ")));
    return {};
  }
  const ConfigValue source = *key.Find(present.front());
  if (present.front() == "header") return {Kind::kHeader, ReadHeaderName(source)};
  source.CheckEmptyObject();
  const auto* name = std::find(std::begin(kSources), std::end(kSources), present.front());
  return {kKinds[name - std::begin(kSources)], ""};
}

std::vector<HashKeySource> ReadHashKeys(const ConfigValue& keys) {
  std::vector<HashKeySource> sources;
  if (!keys.CheckArray()) return sources;
  const std::vector<ConfigValue> elements = keys.Children();
  if (elements.empty() || elements.size() > kMaxHashKeys) {
    keys.AddProblem(
        absl::StrCat("has ", elements.size(), " elements; allowed: 1 to ", kMaxHashKeys));
    return sources;
  }
  for (const ConfigValue& element : elements) sources.push_back(ReadHashKeySource(element));
  return sources;
}

uint32_t ReadTableSize(const ConfigValue& table_size) {
  const std::optional<uint32_t> size = table_size.AsInteger(kTableSize);
  if (!size) return 0;
  if (!IsPrime(*size)) {
    table_size.AddProblem(absl::StrCat(*size, " is not a prime; allowed: a prime in [",
                                       kTableSize.min, ", ", kTableSize.max, "]"));
  }
  return *size;
}

}  // namespace

HashConfig ReadHashConfig(const ConfigValue& hash) {
  static constexpr absl::string_view kNames[] = {"keys", "tableSize", "boundedLoad"};
  HashConfig config;
  if (!hash.CheckObject()) return config;
  hash.CheckFields(kNames);
  if (const auto keys = hash.Find("keys")) config.keys = ReadHashKeys(*keys);
  if (const auto size = hash.Find("tableSize")) config.table_size = ReadTableSize(*size);
  if (const auto load = hash.Find("boundedLoad"))
    config.bounded_load = load->AsNumber(kBoundedLoad);
  return config;
}

}  // namespace nines
