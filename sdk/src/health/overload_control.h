// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"

namespace nines {

// How much less an endpoint is given that says it has too much to do: additive increase and
// multiplicative decrease (Chiu and Jain 1989), the decrease by how much was refused, as DCTCP does
// with marked packets (Alizadeh et al., SIGCOMM 2010: window × (1 - ratio / 2)). So a few refusals
// cost a little and many a lot, and clients that know nothing of each other arrive at the same.

// Below it an endpoint would have too few calls to show that it is well again.
inline constexpr double kLeastOverloadShare = 0.1;

// Refusals that every interval may have: a burst, or another client's doing.
inline constexpr double kToleratedOverloadRatio = 0.01;

// From the least share to all within 18 s. Faster, and an endpoint at its limit is overrun every
// few intervals; slower, and its peers carry its calls for longer than the cause lasts.
inline constexpr double kShareRecoveryPerSecond = 0.05;

// The share of its calls, 0 to 1, that an endpoint takes after an interval in which it took `share`
// and `overload_ratio` of them ended in overload.
double ShareAfterInterval(double share, double overload_ratio, absl::Duration length);

}  // namespace nines
