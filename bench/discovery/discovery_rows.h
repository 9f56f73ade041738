// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "finding.h"
#include "row.h"

namespace nines::bench {

/// An endpoint comes to DNS while the others are well: when it gets its first call.
absl::StatusOr<std::vector<Finding>> MeasureNewEndpoint(const RowOptions& options);

/// The DNS server is down for half a minute: how many calls fail.
absl::StatusOr<std::vector<Finding>> MeasureOutage(const RowOptions& options);

/// The DNS server says nonsense, in each way for two seconds: how many calls fail.
absl::StatusOr<std::vector<Finding>> MeasureTrouble(const RowOptions& options);

/// A process starts from a snapshot while DNS is dead: when its first call has an answer.
absl::StatusOr<std::vector<Finding>> MeasureColdStart(const RowOptions& options);

/// A hundred clients that nobody uses: what keeping their endpoints known costs.
absl::StatusOr<std::vector<Finding>> MeasureIdle(const RowOptions& options);

}  // namespace nines::bench
