// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "testbed/dns_server.h"
#include "testbed/fleet.h"

namespace nines::bench {

/// The clients that are compared.
enum class Contender { kStock, kNines };

/// "stock", "nines".
absl::string_view ContenderName(Contender contender);

/// The service config of each contender for one scenario.
struct ServiceConfigs {
  std::string stock;
  std::string nines;
};

/// Both at their best against faults: gRPC with outlier detection, nines with its defaults, and the
/// same retries for both.
ServiceConfigs FaultConfigs();

/// Two attempts and nothing that ejects: only where the second attempt goes makes a difference.
ServiceConfigs TwoAttemptsConfigs();

/// Nothing but the balancing and retries, to compare what a call costs that needs none.
ServiceConfigs PlainConfigs();

/// The same with nines by hash of metadata `key_header`.
ServiceConfigs HashConfigs(absl::string_view key_header);

/// A new channel to all backends of `fleet`, which share no connection with other channels. Stock
/// gRPC gets their addresses as they are, nines finds them by DNS, which is set up here.
/// Returns once each backend has answered a call.
absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateWarmChannel(Contender contender,
                                                                   const ServiceConfigs& configs,
                                                                   testbed::Fleet& fleet,
                                                                   testbed::DnsServer& dns);

}  // namespace nines::bench
