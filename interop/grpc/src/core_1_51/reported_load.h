// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "src/core/lib/load_balancing/lb_policy.h"

namespace nines {

// What the server said of its own load at the end of an attempt: the number in the trailing
// metadata `header`; if that is "", the highest utilization in its ORCA report (gRFC A51), of the
// processor or of what the server names itself. Nothing if it said nothing, or no number.
std::optional<double> ReportedLoad(
    const grpc_core::LoadBalancingPolicy::SubchannelCallTrackerInterface::FinishArgs& args,
    const std::string& header);

}  // namespace nines
