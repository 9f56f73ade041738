// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "endpoints/endpoint_table.h"

namespace nines {

// Does an endpoint fail more often than `expected`? Decided call by call, as soon as there is
// enough to decide on: Page's cumulative sum test (E. S. Page, "Continuous inspection schemes",
// 1954) on the likelihood ratio of two hypotheses, that it fails as expected, and that it fails
// kTimesWorse as often.
//
// A fixed window with a minimum of calls (gRFC A50) is blind below that minimum however long the
// trouble lasts; this forgets nothing that speaks against an endpoint until as much speaks for it.

// ln(10⁶): an endpoint that is no worse than expected comes this far once in a million calls at
// most (Lorden 1971: the mean time to a false alarm is at least e^threshold).
inline constexpr double kSequentialDecision = 13.8;

// The evidence after calls that ended as `own`, in whatever order. `evidence` is what had added up
// before them, 0 at the beginning; the result is never below 0. REQUIRES: 0 < expected < 1.
double AddSequentialEvidence(double evidence, const CallCounts& own, double expected);

}  // namespace nines
