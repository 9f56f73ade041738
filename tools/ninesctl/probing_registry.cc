// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/probing_registry.h"

#include <variant>

#include "absl/status/status.h"

namespace nines::ctl {

absl::StatusOr<std::shared_ptr<Prober>> CreateProber(const BalancerConfig& config,
                                                     const ProberContext& context) {
  const auto& probe = config.health_check->probe;
  if (std::holds_alternative<CustomProbeConfig>(probe)) {
    return absl::InvalidArgumentError(
        "healthCheck.custom: is code of the program that this config is for, and not of ninesctl");
  }
  if (std::holds_alternative<GrpcProbeConfig>(probe) && !ProbingRegistry().HasProber("grpc")) {
    return absl::InvalidArgumentError(
        "healthCheck.grpc: this ninesctl was built without gRPC; allowed: tcp, http");
  }
  return ProbingRegistry().MakeProber(config, context);
}

}  // namespace nines::ctl
