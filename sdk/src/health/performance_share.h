// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "nines/config.h"

namespace nines {

// How much less an endpoint is given that does well, but worse than it should: the arithmetic of
// PerformanceCheckConfig, for one interval each. A share is 0 to 1.

// The share after an interval in which the endpoint took `share` and said that it was loaded so
// much: share × target / utilization, as Kubernetes' horizontal autoscaler sizes a service (desired
// = current × metric / target) and as gRFC A58 weighs endpoints (calls / utilization). At most
// halved, because one interval may be a burst, and raised by a tenth at most, so that it does not
// swing.
double ShareAfterLoad(double share, double utilization, const PerformanceCheckConfig& config);

// The share that is due to an endpoint whose answers take `latency` where the median is `median`,
// in nanoseconds, 0 if not known: latency_factor × median / latency. It goes half of the way there
// from `share`: latency falls with the share, and would rise again.
double ShareAfterLatency(double share, float latency, float median,
                         const PerformanceCheckConfig& config);

}  // namespace nines
