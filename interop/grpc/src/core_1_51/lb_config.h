// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "nines/config.h"
#include "src/core/lib/load_balancing/lb_policy.h"

namespace nines {

inline constexpr char kPolicyName[] = "nines";

// The object under "nines" in loadBalancingConfig, as gRPC carries it. Immutable.
class LbConfig final : public grpc_core::LoadBalancingPolicy::Config {
 public:
  explicit LbConfig(BalancerConfig config) : config_(std::move(config)) {}

  absl::string_view name() const override { return kPolicyName; }
  const BalancerConfig& config() const { return config_; }

 private:
  const BalancerConfig config_;
};

}  // namespace nines
