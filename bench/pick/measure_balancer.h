// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "results.h"

namespace nines::bench {

// What only nines is measured for, all with policy hash and kChangeSize endpoints.

/// Endpoints ejected by a failed call, and readmitted by the trial call that follows.
absl::StatusOr<EjectionResults> MeasureEjections(int rounds);

/// Single picks in a thread of their own, alone and while this one changes the membership all the
/// time, in turns.
absl::StatusOr<TailResults> MeasureTail(int rounds);

absl::StatusOr<MemoryResults> MeasureMemory();

}  // namespace nines::bench
