// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "finding.h"

namespace nines::bench {

/// All that was found in one run of the program. A value.
struct Report {
  struct RowFindings {
    std::string row;  // its name
    std::vector<Finding> findings;
  };
  std::vector<RowFindings> rows;

  /// Whether nines reached every number that was measured.
  bool MeetsGoals() const;

  /// For people: a table, and below it what explains it.
  std::string ToText() const;

  /// For machines: one object. A figure of what never happened is null.
  std::string ToJson() const;
};

}  // namespace nines::bench
