// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "endpoints/endpoint_table.h"
#include "nines/config.h"

namespace nines {

// The two detectors of gRFC A50, each over the counts of one interval, one element per endpoint.
// They return indexes, in order. Whether an outlier is ejected, by chance or by cap, is not theirs.

// Endpoints whose success rate is below mean - stdev_factor / 1000 × standard deviation (of the
// population), of those that had request_volume calls; nobody if these are fewer than
// minimum_hosts.
std::vector<size_t> SuccessRateOutliers(absl::Span<const CallCounts> counts,
                                        const SuccessRateEjectionConfig& config);

// Endpoints of which more than threshold per cent of the calls failed. A50 says ">" in one place
// and ">=" in another; ">" here, so that a threshold of 100 is never.
std::vector<size_t> FailurePercentageOutliers(absl::Span<const CallCounts> counts,
                                              const FailurePercentageEjectionConfig& config);

}  // namespace nines
