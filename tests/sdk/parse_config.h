// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"

namespace nines {

// What was parsed, which is to be right.
template <typename Config>
Config ValueOrFailure(const absl::StatusOr<Config>& config) {
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(Config{});
}

// The config of the object "nines", and what is wrong with one.
inline BalancerConfig Parse(absl::string_view json) {
  return ValueOrFailure(ParseBalancerConfig(json));
}
inline std::string Problems(absl::string_view json) {
  return std::string(ParseBalancerConfig(json).status().message());
}

// The whole service config, and what is wrong with one.
inline ServiceConfig ParseService(absl::string_view json) {
  return ValueOrFailure(ParseServiceConfig(json));
}
inline std::string ServiceProblems(absl::string_view json) {
  return std::string(ParseServiceConfig(json).status().message());
}

}  // namespace nines
