// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"

namespace nines {

// The service config, which is to be right.
inline ServiceConfig ParseService(absl::string_view json) {
  const absl::StatusOr<ServiceConfig> config = ParseServiceConfig(json);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(ServiceConfig{});
}

// What is wrong with it.
inline std::string ServiceProblems(absl::string_view json) {
  return std::string(ParseServiceConfig(json).status().message());
}

}  // namespace nines
