// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "finding.h"
#include "row.h"

namespace nines::bench {

/// The rows, in the order of the table.
std::vector<Row> AllRows();

// What measures each. Five backends and 200 calls a second to each where nothing else is said.

/// One endpoint fails every call: how many it gets before it is out of rotation.
absl::StatusOr<std::vector<Finding>> MeasureErrors(const RowOptions& options);

/// One endpoint is stopped (SIGSTOP): when it is out of rotation.
absl::StatusOr<std::vector<Finding>> MeasureHang(const RowOptions& options);

/// The network swallows what is sent to and by one endpoint: when it is out of rotation, and how
/// many calls fail.
absl::StatusOr<std::vector<Finding>> MeasureBlackHole(const RowOptions& options);

/// One endpoint becomes ten times as slow as the others: its share of the calls two seconds later.
absl::StatusOr<std::vector<Finding>> MeasureSlow(const RowOptions& options);

/// One of three endpoints fails a fifth of its two calls a second: when it is out of rotation; and
/// how often that befalls a healthy one, in virtual time.
absl::StatusOr<std::vector<Finding>> MeasureLowRate(const RowOptions& options);

/// Of two endpoints one fails, then both, then none.
absl::StatusOr<std::vector<Finding>> MeasureAllBad(const RowOptions& options);

/// A tenth of all calls are answered NOT_FOUND, which is their callers' fault.
absl::StatusOr<std::vector<Finding>> MeasureNotFound(const RowOptions& options);

/// An endpoint that was away comes back: when it gets calls again.
absl::StatusOr<std::vector<Finding>> MeasureRestart(const RowOptions& options);

/// What it costs to probe a thousand endpoints, by each kind of probe.
absl::StatusOr<std::vector<Finding>> MeasureProbing(const RowOptions& options);

/// What the report of an outcome costs.
absl::StatusOr<std::vector<Finding>> MeasureReport(const RowOptions& options);

}  // namespace nines::bench
