// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/call_parts.h"
#include "client/call_timers.h"
#include "client/readiness.h"
#include "nines/balancer.h"
#include "nines/client.h"
#include "nines/config.h"
#include "nines/resolver.h"
#include "nines/snapshot_keeper.h"
#include "retry/retry_gates.h"
#include "sync/latest.h"

namespace nines {

// The Client: resolver -> balancer -> attempts. The only place that sees every stage.
class BalancedClient final : public Client,
                             public Resolver::Listener,
                             public std::enable_shared_from_this<BalancedClient> {
 public:
  // A config, and what it asks for.
  struct Configured {
    ServiceConfig config;
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<Prober> prober;  // null: no health check
  };
  struct Parts {
    Target target;
    Configured configured;
    // The same for a config that DNS has; "": for the program's own.
    std::function<absl::StatusOr<Configured>(const std::string& json)> configure;
    const ResolverFactory* resolver_factory = nullptr;
    std::shared_ptr<EventLoop> loop;
    std::shared_ptr<Observer> observer;
    RandomSource* random = nullptr;             // not null
    std::shared_ptr<SnapshotKeeper> snapshots;  // null: none
  };

  explicit BalancedClient(Parts parts);
  ~BalancedClient() override;

  absl::Status Run(const Call& call,
                   absl::FunctionRef<absl::Status(const Attempt&)> attempt) override;
  CallHandle RunAsync(const Call& call, AttemptStarter start, CallDone done) override;
  PickResult Pick(const Call& call, CallMemory& memory) override;
  std::vector<EndpointStatus> Endpoints() const override { return balancer_->Endpoints(); }
  std::vector<CandidateVerdict> Explain(const Call& call) const override {
    return balancer_->Explain(call);
  }
  absl::Status SetOverride(absl::string_view address, const Override& wish) override {
    return balancer_->SetOverride(address, wish);
  }
  Balancer::Counters counters() const override { return balancer_->counters(); }
  absl::Status SetEndpoints(EndpointList endpoints) override;
  void Refresh() override;
  absl::Status WaitUntilReady(absl::Duration timeout) override;
  void Shutdown() override;

  // Resolver::Listener, on the loop's thread:
  void OnEndpoints(EndpointList endpoints) override;
  void OnResolveError(const absl::Status& status) override { balancer_->SetResolveError(status); }
  void OnServiceConfig(std::string json) override;

 private:
  void StartResolver();
  CallParts parts() {
    return {*this, target_name_, *balancer_, rules(), *readiness_, clock_, random_};
  }
  std::shared_ptr<CallRules> rules() { return rules_.GetOr(first_rules_); }

  const Target target_;
  const std::string target_name_;
  const std::function<absl::StatusOr<Configured>(const std::string& json)> configure_;
  const ResolverFactory& resolver_factory_;
  const std::shared_ptr<EventLoop> loop_;
  const std::shared_ptr<EndpointInbox> inbox_;
  const Clock& clock_;
  RandomSource& random_;
  RetryGates retry_gates_;  // loop thread only, once the resolver has started
  CallRules first_rules_;
  Latest<CallRules> rules_;  // since DNS had others
  const std::shared_ptr<Readiness> readiness_;
  const std::shared_ptr<CallTimers> timers_;
  const uint64_t subset_seed_;
  const std::shared_ptr<SnapshotKeeper> snapshots_;  // null: none
  std::shared_ptr<Balancer> balancer_;               // const after construction

  std::unique_ptr<Resolver> resolver_;  // loop thread only
  absl::Status config_problem_;         // to be told behind the endpoints; likewise
};

}  // namespace nines
