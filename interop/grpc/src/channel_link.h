// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <grpc/grpc.h>
#include <grpcpp/channel.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "channel_overrides.h"
#include "nines/balancer.h"
#include "nines/event_loop.h"
#include "nines/observer.h"
#include "nines/registry.h"
#include "nines/resolver.h"
#include "nines/snapshot_keeper.h"
#include "retry/retry_gate.h"
#include "retry/retry_gates.h"

namespace nines {

// What CreateChannel() and the plugins inside gRPC's core know of one channel together. Travels as
// a channel argument.
//
// Thread-safe: everything is const but what the policy sets when gRPC makes it, what people and
// programs say of the endpoints, and the retry gates, whose counts last as long as the channel.
class ChannelLink {
 public:
  struct Parts {
    std::string target;
    std::string service_config_json;
    Registry registry;
    std::shared_ptr<EventLoop> loop;
    std::shared_ptr<Observer> observer;
    RetryLimits retry_limits;
    bool hashes_requests = false;               // by an interceptor
    std::shared_ptr<SnapshotKeeper> snapshots;  // null: none
  };

  explicit ChannelLink(Parts parts)
      : target_(std::move(parts.target)),
        service_config_json_(std::move(parts.service_config_json)),
        registry_(std::move(parts.registry)),
        loop_(std::move(parts.loop)),
        observer_(std::move(parts.observer)),
        hashes_requests_(parts.hashes_requests),
        inbox_(MakeEndpointInbox(*loop_)),
        snapshots_(std::move(parts.snapshots)),
        overrides_(loop_->clock()) {
    UseRetryGate(parts.retry_limits);
    if (snapshots_ == nullptr) return;
    for (const HeldOverride& held : snapshots_->overrides()) {
      SetOverride(held.address, held.wish).IgnoreError();  // it was checked when read
    }
  }

  const std::string& target() const { return target_; }  // as the user wrote it
  const std::string& service_config_json() const { return service_config_json_; }
  const Registry& registry() const { return registry_; }
  const std::shared_ptr<EventLoop>& loop() const { return loop_; }
  const std::shared_ptr<Observer>& observer() const { return observer_; }
  bool hashes_requests() const { return hashes_requests_; }

  // What the service config in force allows, by ProcessClock(). The tokens are those of hedged
  // calls: gRPC keeps its own for its retries. Lives as long as the link.
  RetryGate& retry_gate() { return *retry_gate_.load(std::memory_order_acquire); }
  // A new config is in force. As RetryGates::Use().
  RetryGate& UseRetryGate(const RetryLimits& limits);

  const std::shared_ptr<EndpointInbox>& inbox() const { return inbox_; }

  // As Client::SetEndpoints().
  absl::Status SetEndpoints(EndpointList endpoints);

  // Asks the resolver for the endpoints anew, if the channel has one. The policy says how:
  // `refresh` may be called on any thread until it is dropped by the same owner, and a little
  // longer.
  void Refresh();
  void set_refresh(const void* owner, std::function<void()> refresh);
  void DropRefresh(const void* owner);

  // As ResolverFactory::MakeResolver(), but begins with the endpoints of the snapshot, if there is
  // one.
  std::unique_ptr<Resolver> MakeResolver(const ResolverFactory& factory, const Target& target,
                                         const ResolverContext& context) const {
    return snapshots_ != nullptr ? snapshots_->MakeResolver(factory, target, context)
                                 : factory.MakeResolver(target, context);
  }
  // Writes the last snapshot, of the balancer if there is one still.
  void StopSnapshots() const {
    if (snapshots_ != nullptr) snapshots_->Stop();
  }

  // Before the balancer's first update.
  void set_balancer(const std::shared_ptr<Balancer>& balancer) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      balancer_ = balancer;
    }
    if (snapshots_ != nullptr) snapshots_->Attach(balancer);
    overrides_.ApplyTo(*balancer);
  }
  // Null until gRPC made the policy, and again while the channel is idle.
  std::shared_ptr<Balancer> balancer() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return balancer_.lock();
  }
  absl::Status SetOverride(absl::string_view address, const Override& wish) {
    return overrides_.Set(std::string(address), wish, [this] { return balancer(); });
  }
  std::vector<EndpointStatus> Endpoints() const {
    const std::shared_ptr<Balancer> balancer = this->balancer();
    return balancer != nullptr ? balancer->Endpoints() : std::vector<EndpointStatus>();
  }

 private:
  const std::string target_;
  const std::string service_config_json_;
  const Registry registry_;  // the program's, and the prober with the channel's credentials
  const std::shared_ptr<EventLoop> loop_;
  const std::shared_ptr<Observer> observer_;
  const bool hashes_requests_;
  std::atomic<RetryGate*> retry_gate_{nullptr};  // written under mutex_; null only until made
  const std::shared_ptr<EndpointInbox> inbox_;
  const std::shared_ptr<SnapshotKeeper> snapshots_;  // null: none
  ChannelOverrides overrides_;

  mutable std::mutex mutex_;  // guards what follows
  RetryGates retry_gates_;
  std::weak_ptr<Balancer> balancer_;  // null until gRPC made the policy
  std::function<void()> refresh_;     // likewise, and empty while the channel is idle
  const void* refresh_owner_ = nullptr;
};

// Of a channel that CreateChannel() made; nullptr for others.
std::shared_ptr<ChannelLink> LinkOf(const std::shared_ptr<grpc::Channel>& channel);

// The channel argument that holds a std::shared_ptr<ChannelLink>, and how gRPC handles it.
inline constexpr char kChannelLinkArg[] = "nines.channel_link";
const grpc_arg_pointer_vtable* ChannelLinkVtable();

// The scheme of targets that reach our resolver; the user's target is its path, %-encoded.
inline constexpr char kLinkScheme[] = "nines";

}  // namespace nines
