// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/algorithm_config.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/hash_config.h"
#include "nines/policy.h"

namespace nines {
namespace {

constexpr absl::string_view kAlgorithms[] = {"random", "hash", "leastRequest", "roundRobin"};

// gRFC A48's range: one choice would be random, and more than ten are hardly better.
constexpr IntegerRange kChoices = {2, kMaxChoices};

LeastRequestConfig ReadLeastRequest(const ConfigValue& least_request) {
  static constexpr absl::string_view kNames[] = {"choices"};
  LeastRequestConfig config;
  if (!least_request.CheckObject()) return config;
  least_request.CheckFields(kNames);
  config.choices = least_request.IntegerOr("choices", kChoices, config.choices);
  return config;
}

// `value` stands under its name, one of kAlgorithms.
AlgorithmConfig ReadAlgorithm(const ConfigValue& value) {
  if (value.key() == "hash") return ReadHashConfig(value);
  if (value.key() == "leastRequest") return ReadLeastRequest(value);
  value.CheckEmptyObject();
  if (value.key() == "roundRobin") return RoundRobinConfig{};
  return RandomConfig{};
}

}  // namespace

absl::Span<const absl::string_view> AlgorithmFields() { return kAlgorithms; }

AlgorithmConfig ReadAlgorithmConfig(const ConfigValue& nines) {
  const std::vector<absl::string_view> present = nines.Present(kAlgorithms);
  if (present.size() > 1) {
    nines.AddProblem(
        absl::StrCat("has ", absl::StrJoin(present, " and "), "; allowed: one algorithm"));
  }
  AlgorithmConfig config;
  for (const absl::string_view name : present) config = ReadAlgorithm(*nines.Find(name));
  return config;
}

}  // namespace nines
