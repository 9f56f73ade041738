// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"

namespace nines::testbed {

/// The best that gRPC 1.51 offers against failing endpoints, for methodConfig: four attempts, a
/// short backoff, and a limit for the time without an answer (ignored without
/// AllowPerAttemptTimeout). Both sides of a comparison use it.
extern const char kRetryMethodConfig[];

/// gRPC's own spreading and ejection at their best for five endpoints: round_robin under outlier
/// detection that looks each second and may eject three of five.
/// A value for loadBalancingConfig.
extern const char kStockBalancing[];

/// A service config of these two members; either may be empty.
std::string ServiceConfig(absl::string_view load_balancing_config, absl::string_view method_config);

/// Arguments for a channel that shares no connection with another (gRPC pools them by address), and
/// which obeys perAttemptRecvTimeout: gRPC 1.51 hides that behind its hedging experiment.
::grpc::ChannelArguments ComparisonArguments();

/// A channel of stock gRPC to these addresses, with this service config and ComparisonArguments.
std::shared_ptr<::grpc::Channel> MakeStockChannel(const std::vector<std::string>& addresses,
                                                  const std::string& service_config);

}  // namespace nines::testbed
