// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "finding.h"
#include "row.h"

namespace nines::bench {

/// The rows, in the order of the table.
std::vector<Row> AllRetryRows();

/// What Client::Run adds to a call that needs no retry, and to one that does.
absl::StatusOr<std::vector<Finding>> MeasureCost(const RowOptions& options);

/// One endpoint of 2, 3, 5, 10 fails every call; 16 threads, 2 attempts.
absl::StatusOr<std::vector<Finding>> MeasureOneBad(const RowOptions& options);

/// All endpoints fail for ten seconds: the load that retries add, and how fast all is well after.
absl::StatusOr<std::vector<Finding>> MeasureOutage(const RowOptions& options);

/// 1 % of the attempts take a second instead of a millisecond, and slow ones are hedged.
absl::StatusOr<std::vector<Finding>> MeasureTail(const RowOptions& options);

/// Deadlines shorter than many attempts: calls that end later.
absl::StatusOr<std::vector<Finding>> MeasureDeadline(const RowOptions& options);

}  // namespace nines::bench
