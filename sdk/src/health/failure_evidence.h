// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "endpoints/endpoint_table.h"

namespace nines {

// The share of failures to expect of an endpoint that is as good as `peers`: Laplace's rule of
// succession, (failures + 1) / (calls + 2), so that few calls promise little. Never below one in a
// hundred: who fails less than that is not worth the loss of an endpoint.
double ExpectedFailureRatio(const CallCounts& peers);

// How much speaks for `own` failing more often than `expected`: an endpoint that does not would
// show as many failures with probability e^-evidence at most. Chernoff's bound for a binomial tail,
// calls × D(own ratio ‖ expected) with D the relative entropy (Hoeffding 1963, theorem 1). 0 if own
// fails no more than expected. REQUIRES: 0 < expected < 1.
double FailureEvidence(const CallCounts& own, double expected);

}  // namespace nines
