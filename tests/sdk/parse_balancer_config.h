// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"

namespace nines {

// The config of the object "nines", which is to be right.
inline BalancerConfig Parse(absl::string_view json) {
  const absl::StatusOr<BalancerConfig> config = ParseBalancerConfig(json);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(BalancerConfig{});
}

// What is wrong with it.
inline std::string Problems(absl::string_view json) {
  return std::string(ParseBalancerConfig(json).status().message());
}

}  // namespace nines
