// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/lb_policy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core_1_51/endpoint_conversion.h"
#include "core_1_51/run_serialized.h"
#include "nines/config.h"
#include "nines/random.h"
#include "nines/registry.h"
#include "src/core/lib/iomgr/exec_ctx.h"
#include "src/core/lib/json/json.h"

namespace nines {
namespace {

std::shared_ptr<ChannelLink> LinkOf(const grpc_core::ChannelArgs& args) {
  const auto* link =
      static_cast<std::shared_ptr<ChannelLink>*>(args.GetVoidPointer(kChannelLinkArg));
  return link != nullptr ? *link : nullptr;
}

}  // namespace

// Passes a subchannel's states on to the policy, which it keeps alive. Owned by the subchannel.
class LbPolicy::Watcher final
    : public grpc_core::SubchannelInterface::ConnectivityStateWatcherInterface {
 public:
  Watcher(grpc_core::RefCountedPtr<LbPolicy> policy, std::string address)
      : policy_(std::move(policy)), address_(std::move(address)) {}

  void OnConnectivityStateChange(grpc_connectivity_state state, absl::Status status) override {
    policy_->OnConnectivity(address_, state, status);
  }
  grpc_pollset_set* interested_parties() override { return policy_->interested_parties(); }

 private:
  const grpc_core::RefCountedPtr<LbPolicy> policy_;
  const std::string address_;
};

LbPolicy::LbPolicy(Args args)
    : LoadBalancingPolicy(std::move(args)),
      link_(LinkOf(channel_args())),
      registry_(link_ != nullptr ? link_->registry() : BuiltinRegistry()),
      subset_seed_(ProcessRandom().Next()),
      subchannels_(std::make_shared<const SubchannelList>()) {}

grpc_core::RefCountedPtr<LbPolicy> LbPolicy::Self() {
  return grpc_core::RefCountedPtr<LbPolicy>(static_cast<LbPolicy*>(Ref().release()));
}

absl::Status LbPolicy::Configure(const LbConfig& config) {
  if (loop_ == nullptr) {
    if (link_ != nullptr) {
      loop_ = link_->loop();
    } else {
      auto loop = SharedEventLoop();
      if (!loop.ok()) return loop.status();
      loop_ = *std::move(loop);
    }
  }
  auto policy = registry_.MakePolicy(config.config());
  if (!policy.ok()) return policy.status();
  const std::string authority(channel_control_helper()->GetAuthority());
  auto prober = registry_.MakeProber(config.config(), {loop_.get(), authority});
  if (!prober.ok()) return prober.status();
  const std::optional<PerformanceCheckConfig>& check = config.config().performance_check;
  performance_check_ =
      check.has_value() ? std::make_shared<const PerformanceCheckConfig>(*check) : nullptr;
  if (link_ == nullptr) {
    retry_budget_ = std::make_shared<RetryBudget>(config.config().retry_budget);
  }
  if (picker_ != nullptr) {
    picker_->balancer->Reconfigure(config.config(), *std::move(policy), *std::move(prober));
    return absl::OkStatus();
  }
  Balancer::Options options;
  options.target = link_ != nullptr ? link_->target() : authority;
  options.config = config.config();
  options.policy = *std::move(policy);
  options.prober = *std::move(prober);
  options.loop = loop_;
  options.observer = link_ != nullptr ? link_->observer() : nullptr;
  options.initial_connectivity = Connectivity::kConnecting;
  options.on_pickable = [this] { WakePicks(); };
  options.on_reachable = [this](const std::string& address) { ConnectSoon(address); };
  picker_ = std::make_shared<PickerState>();
  picker_->balancer = Balancer::Create(std::move(options));
  if (link_ != nullptr) {
    link_->set_balancer(picker_->balancer);
    link_->set_refresh(this, RefreshFunction());
  }
  return absl::OkStatus();
}

absl::Status LbPolicy::UpdateLocked(UpdateArgs args) {
  // A resolver's new answer comes with the old config.
  const bool is_reconfigured = config_ != args.config;
  if (is_reconfigured) {
    if (absl::Status status = Configure(static_cast<const LbConfig&>(*args.config)); !status.ok()) {
      channel_control_helper()->UpdateState(GRPC_CHANNEL_TRANSIENT_FAILURE, status,
                                            std::make_unique<TransientFailurePicker>(status));
      return status;
    }
    config_ = args.config;
  }
  const absl::Status resolved = args.addresses.status();
  if (resolved.ok()) servers_ = *std::move(args.addresses);
  Connections gone;
  if (resolved.ok() || (is_reconfigured && !servers_.empty())) {
    gone = ReplaceConnections(args.args);
    WatchNewConnections();
  }
  if (!resolved.ok()) picker_->balancer->SetResolveError(resolved);  // what was known stays in use
  if (connections_.empty()) {
    const std::string why = absl::StrCat("empty address list: ", args.resolution_note);
    last_failure_ = resolved.ok() ? absl::UnavailableError(why) : resolved;
  }
  UpdateChannel();
  // Picks that saw the old list are over: UpdateChannel() took the lock that they hold.
  for (auto& [address, connection] : gone) Disconnect(connection);
  return connections_.empty() ? last_failure_ : resolved;
}

LbPolicy::Connections LbPolicy::ReplaceConnections(const grpc_core::ChannelArgs& args) {
  EndpointList endpoints;
  absl::flat_hash_map<std::string, const grpc_core::ServerAddress*> server_of;
  for (const grpc_core::ServerAddress& server : servers_) {
    Endpoint endpoint = EndpointOf(server);
    if (server_of.emplace(endpoint.address, &server).second) {
      endpoints.push_back(std::move(endpoint));
    }
  }
  // Before there is any subchannel: outside the subset, nobody is connected to.
  const BalancerConfig& config = static_cast<const LbConfig&>(*config_).config();
  EndpointList used;
  Connections gone = std::exchange(connections_, {});
  for (Endpoint& endpoint : SelectSubset(std::move(endpoints), config.subset_size, subset_seed_)) {
    const auto known = gone.find(endpoint.address);
    if (known != gone.end()) {
      connections_.emplace(endpoint.address, std::move(known->second));
      gone.erase(known);
    } else {
      Connect(endpoint.address, *server_of.at(endpoint.address), args);
    }
    if (connections_.contains(endpoint.address)) used.push_back(std::move(endpoint));
  }
  for (const auto& [address, connection] : gone) CountStates(connection.state, -1);
  subchannels_ = ListSubchannels();
  picker_->balancer->Update(used, [this](const Endpoint& endpoint) -> void* {
    return connections_.at(endpoint.address).subchannel.get();
  });
  return gone;
}

void LbPolicy::WatchNewConnections() {
  for (auto& [address, connection] : connections_) {
    if (connection.watcher != nullptr) continue;
    auto watcher = std::make_unique<Watcher>(Self(), address);
    connection.watcher = watcher.get();
    connection.subchannel->WatchConnectivityState(std::move(watcher));
    connection.subchannel->RequestConnection();
  }
}

std::shared_ptr<const SubchannelList> LbPolicy::ListSubchannels() const {
  auto list = std::make_shared<SubchannelList>();
  list->reserve(connections_.size());
  for (const auto& [address, connection] : connections_) list->push_back(connection.subchannel);
  return list;
}

void LbPolicy::Connect(const std::string& address, const grpc_core::ServerAddress& server,
                       const grpc_core::ChannelArgs& args) {
  Connection connection;
  connection.subchannel = channel_control_helper()->CreateSubchannel(server, args);
  if (connection.subchannel == nullptr) return;  // gRPC logs why: an address it cannot use
  CountStates(connection.state, 1);
  connections_.emplace(address, std::move(connection));
}

void LbPolicy::Disconnect(Connection& connection) {
  if (connection.watcher != nullptr) {
    connection.subchannel->CancelConnectivityStateWatch(connection.watcher);
    connection.watcher = nullptr;
  }
  connection.subchannel.reset();
}

void LbPolicy::OnConnectivity(const std::string& address, grpc_connectivity_state state,
                              const absl::Status& status) {
  if (is_shut_down_) return;
  const auto found = connections_.find(address);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  const grpc_connectivity_state before = connection.state;
  switch (state) {
    case GRPC_CHANNEL_READY:
      connection.state = GRPC_CHANNEL_READY;
      picker_->balancer->SetConnectivity(address, Connectivity::kConnected);
      break;
    case GRPC_CHANNEL_TRANSIENT_FAILURE:
      connection.state = GRPC_CHANNEL_TRANSIENT_FAILURE;
      last_failure_ = status;
      picker_->balancer->SetConnectivity(address, Connectivity::kFailed,
                                         absl::UnavailableError(status.message()));
      break;
    default:
      if (before == GRPC_CHANNEL_READY) connection.state = GRPC_CHANNEL_CONNECTING;
      picker_->balancer->SetConnectivity(address, Connectivity::kConnecting);
      // Every endpoint stays connected: a pick must not wait for a handshake.
      if (state == GRPC_CHANNEL_IDLE) connection.subchannel->RequestConnection();
      break;
  }
  CountStates(before, -1);
  CountStates(connection.state, 1);
  // A connection was lost or not made: perhaps the endpoint moved.
  if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_IDLE) {
    channel_control_helper()->RequestReresolution();
  }
  UpdateChannel();
}

void LbPolicy::CountStates(grpc_connectivity_state state, size_t step) {
  if (state == GRPC_CHANNEL_READY) ready_ += step;
  if (state == GRPC_CHANNEL_CONNECTING) connecting_ += step;
}

void LbPolicy::UpdateChannel() {
  grpc_connectivity_state state = GRPC_CHANNEL_TRANSIENT_FAILURE;
  if (ready_ > 0) {
    state = GRPC_CHANNEL_READY;
  } else if (connecting_ > 0) {
    state = GRPC_CHANNEL_CONNECTING;
  }
  channel_control_helper()->UpdateState(
      state, state == GRPC_CHANNEL_TRANSIENT_FAILURE ? last_failure_ : absl::OkStatus(),
      std::make_unique<LbPicker>(
          picker_, subchannels_,
          AttemptTracker::Context{picker_->balancer, performance_check_, retry_budget_}));
}

void LbPolicy::WakePicks() {
  RunSerialized(work_serializer(), loop_, [self = Self()] {
    if (!self->is_shut_down_) self->UpdateChannel();
  });
}

// The backoff grows to two minutes while an endpoint is down (GRPC_ARG_MAX_RECONNECT_BACKOFF_MS):
// after a restart, calls would do without it for as long.
void LbPolicy::ConnectSoon(const std::string& address) {
  RunSerialized(work_serializer(), loop_, [self = Self(), address] {
    const auto found = self->connections_.find(address);
    if (found != self->connections_.end()) found->second.subchannel->ResetBackoff();
  });
}

std::function<void()> LbPolicy::RefreshFunction() {
  // The last reference may go with the function, on a thread that gRPC knows nothing of.
  std::shared_ptr<LbPolicy> self(Self().release(), [](LbPolicy* policy) {
    grpc_core::ExecCtx exec_ctx;
    const grpc_core::RefCountedPtr<LbPolicy> dropped(policy);
  });
  return [self = std::move(self), loop = loop_] {
    RunSerialized(self->work_serializer(), loop, [policy = self->Self()] {
      if (!policy->is_shut_down_) policy->channel_control_helper()->RequestReresolution();
    });
  };
}

void LbPolicy::ResetBackoffLocked() {
  for (auto& [address, connection] : connections_) connection.subchannel->ResetBackoff();
}

void LbPolicy::ShutdownLocked() {
  is_shut_down_ = true;
  if (link_ != nullptr) link_->DropRefresh(this);
  if (picker_ != nullptr) {
    picker_->is_shut_down.store(true, std::memory_order_relaxed);
    picker_->balancer->Shutdown();
  }
  for (auto& [address, connection] : connections_) Disconnect(connection);
  connections_.clear();
  subchannels_.reset();
  loop_.reset();
}

grpc_core::OrphanablePtr<grpc_core::LoadBalancingPolicy> LbPolicyFactory::CreateLoadBalancingPolicy(
    grpc_core::LoadBalancingPolicy::Args args) const {
  return grpc_core::MakeOrphanable<LbPolicy>(std::move(args));
}

absl::StatusOr<grpc_core::RefCountedPtr<grpc_core::LoadBalancingPolicy::Config>>
LbPolicyFactory::ParseLoadBalancingConfig(const grpc_core::Json& json) const {
  // gRPC asks with a null for a policy that is named without a config.
  const bool is_absent = json.type() == grpc_core::Json::Type::JSON_NULL;
  auto config = ParseBalancerConfig(is_absent ? "{}" : json.Dump());
  if (!config.ok()) return config.status();
  return grpc_core::MakeRefCounted<LbConfig>(*std::move(config));
}

}  // namespace nines
