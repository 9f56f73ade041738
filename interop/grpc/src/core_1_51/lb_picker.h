// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "core_1_51/attempt_tracker.h"
#include "nines/balancer.h"
#include "src/core/lib/load_balancing/lb_policy.h"

namespace nines {

using SubchannelList = std::vector<grpc_core::RefCountedPtr<grpc_core::SubchannelInterface>>;

// What a policy and all pickers it gave out share.
struct PickerState {
  std::shared_ptr<Balancer> balancer;
  // Written by the policy, read by picks: calls wait for what comes after the policy.
  std::atomic<bool> is_shut_down{false};
};

// Asks the balancer. As small as can be: gRPC 1.51 picks under the channel's lock, and a new picker
// is made at every change of connectivity.
class LbPicker final : public grpc_core::LoadBalancingPolicy::SubchannelPicker {
 public:
  using PickArgs = grpc_core::LoadBalancingPolicy::PickArgs;
  using GrpcPickResult = grpc_core::LoadBalancingPolicy::PickResult;

  // `subchannels` are those that a pick may find attached to an endpoint; held so that they live
  // while a pick is under way, and so that the last reference is dropped with the picker, where
  // gRPC needs it to be dropped.
  LbPicker(std::shared_ptr<PickerState> state, std::shared_ptr<const SubchannelList> subchannels,
           AttemptTracker::Context tracking)
      : state_(std::move(state)),
        subchannels_(std::move(subchannels)),
        tracking_(std::move(tracking)) {}

  GrpcPickResult Pick(PickArgs args) override;

 private:
  const std::shared_ptr<PickerState> state_;
  const std::shared_ptr<const SubchannelList> subchannels_;
  const AttemptTracker::Context tracking_;
};

}  // namespace nines
