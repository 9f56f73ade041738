// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "channel_link.h"
#include "core_1_51/lb_config.h"
#include "core_1_51/lb_picker.h"
#include "nines/balancer.h"
#include "src/core/lib/load_balancing/lb_policy.h"
#include "src/core/lib/load_balancing/lb_policy_factory.h"

namespace nines {

// Policy "nines" inside gRPC: keeps one subchannel per endpoint connected, tells the balancer what
// the resolver and the subchannels say, and gives gRPC pickers that ask the balancer.
//
// A change of connectivity costs O(1): one flag in the balancer, two counters, a picker of two
// pointers. A new list of endpoints costs O(n).
//
// Confined to the channel's work serializer, but for WakePicks(), ConnectSoon() and what
// RefreshFunction() returns.
class LbPolicy final : public grpc_core::LoadBalancingPolicy {
 public:
  explicit LbPolicy(Args args);
  ~LbPolicy() override = default;

  absl::string_view name() const override { return kPolicyName; }
  absl::Status UpdateLocked(UpdateArgs args) override;
  void ExitIdleLocked() override {}
  void ResetBackoffLocked() override;

 private:
  class Watcher;

  // One endpoint's subchannel and what gRPC last said of it.
  struct Connection {
    grpc_core::RefCountedPtr<grpc_core::SubchannelInterface> subchannel;
    grpc_core::SubchannelInterface::ConnectivityStateWatcherInterface* watcher = nullptr;
    // CONNECTING (also for IDLE), READY, or TRANSIENT_FAILURE, which lasts until READY (gRFC A61).
    grpc_connectivity_state state = GRPC_CHANNEL_CONNECTING;
  };
  using Connections = absl::flat_hash_map<std::string, Connection>;

  void ShutdownLocked() override;

  grpc_core::RefCountedPtr<LbPolicy> Self();
  absl::Status Configure(const LbConfig& config);
  // Makes the subset of `servers_` the known endpoints, in the balancer too. Returns the
  // connections to be given up, which picks under way may still use.
  Connections ReplaceConnections(const grpc_core::ChannelArgs& args);
  // After ReplaceConnections(): a first state may be delivered at once, and the balancer must know
  // the address by then.
  void WatchNewConnections();
  std::shared_ptr<const SubchannelList> ListSubchannels() const;
  void Connect(const std::string& address, const grpc_core::ServerAddress& server,
               const grpc_core::ChannelArgs& args);
  void Disconnect(Connection& connection);
  void OnConnectivity(const std::string& address, grpc_connectivity_state state,
                      const absl::Status& status);
  void CountStates(grpc_connectivity_state state, size_t step);
  // Tells gRPC the channel's state with a new picker, which also wakes the calls that wait.
  void UpdateChannel();
  // From the balancer, on the event loop's thread: a connection to the endpoint can be made now.
  void ConnectSoon(const std::string& address);
  // Asks for the endpoints anew. For any thread, and may outlive the policy's shutdown.
  std::function<void()> RefreshFunction();
  // From the balancer, on any thread: calls that wait may find an endpoint now.
  void WakePicks();

  const std::shared_ptr<ChannelLink> link_;  // null for channels that CreateChannel() did not make
  const Registry& registry_;
  const uint64_t subset_seed_;
  grpc_core::RefCountedPtr<Config> config_;  // as last applied
  std::shared_ptr<EventLoop> loop_;          // null until configured, and after shutdown
  std::shared_ptr<const PerformanceCheckConfig> performance_check_;  // null: off
  std::shared_ptr<RetryBudget> retry_budget_;                        // null: the link has it
  std::shared_ptr<PickerState> picker_;  // null until configured; its balancer never changes
  std::shared_ptr<const SubchannelList> subchannels_;
  grpc_core::ServerAddressList servers_;  // all that were last resolved
  Connections connections_;               // to those of them that are used
  size_t ready_ = 0;
  size_t connecting_ = 0;
  absl::Status last_failure_;
  bool is_shut_down_ = false;
};

// Makes LbPolicy for gRPC's registry. Thread-safe, stateless.
class LbPolicyFactory final : public grpc_core::LoadBalancingPolicyFactory {
 public:
  absl::string_view name() const override { return kPolicyName; }
  grpc_core::OrphanablePtr<grpc_core::LoadBalancingPolicy> CreateLoadBalancingPolicy(
      grpc_core::LoadBalancingPolicy::Args args) const override;
  absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::LoadBalancingPolicy::Config>>
  ParseLoadBalancingConfig(const grpc_core::Json& json) const override;
};

}  // namespace nines
