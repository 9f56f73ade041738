// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/status.h"
#include "row.h"

namespace nines::bench {

/// What main() of a program of rows does once its flags are parsed: measures the rows that --rows
/// names, prints the report, as JSON with --json, and returns the exit status. 0: nines reached
/// every number that was measured; 1: it missed one; 2: the run itself failed.
int RunRows(const std::vector<Row>& all, absl::Status own_network);

}  // namespace nines::bench
