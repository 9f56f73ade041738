// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finding.h"

namespace nines::bench {

/// What all rows of one run have in common.
struct RowOptions {
  int trials = 3;  // of nines; stock gRPC, which is there to compare with, has one
  /// Whether this process has a network of its own (testbed::EnterOwnNetwork), or why not.
  absl::Status own_network;
};

/// A row of the table: something that happens to a service, and the numbers that nines has to reach
/// then. An error means that the measurement itself failed.
struct Row {
  std::string name;   // for --rows
  std::string title;  // for people
  absl::StatusOr<std::vector<Finding>> (*measure)(const RowOptions& options) = nullptr;
};

/// The rows of `all` that are named, in the order of `all`; no name at all means every row.
/// InvalidArgument for a name that is none, with the names that are.
absl::StatusOr<std::vector<Row>> SelectRows(const std::vector<Row>& all,
                                            const std::vector<std::string>& names);

/// Calls `trial` once for each trial: the largest that it returned, or its first error.
template <typename Trial>
absl::StatusOr<double> WorstOf(int trials, Trial trial) {
  double worst = 0;
  for (int i = 0; i < trials; ++i) {
    const absl::StatusOr<double> measured = trial();
    if (!measured.ok()) return measured.status();
    if (*measured > worst) worst = *measured;
  }
  return worst;
}

}  // namespace nines::bench
