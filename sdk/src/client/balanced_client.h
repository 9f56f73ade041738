// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/balancer.h"
#include "nines/client.h"
#include "nines/config.h"
#include "nines/resolver.h"
#include "nines/retry_budget.h"
#include "sync/mutex.h"

namespace nines {

// The Client: resolver -> balancer -> attempts. The only place that sees every stage.
//
// Locks: mutex_ guards only what a waiting call waits for.
class BalancedClient final : public Client,
                             public Resolver::Listener,
                             public std::enable_shared_from_this<BalancedClient> {
 public:
  struct Parts {
    Target target;
    ServiceConfig config;
    const ResolverFactory* resolver_factory = nullptr;
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<Prober> prober;  // null: no health check
    std::shared_ptr<EventLoop> loop;
    std::shared_ptr<Observer> observer;
    RandomSource* random = nullptr;  // not null
  };

  explicit BalancedClient(Parts parts);
  ~BalancedClient() override;

  absl::Status Run(const Call& call,
                   absl::FunctionRef<absl::Status(const Attempt&)> attempt) override;
  PickResult Pick(const Call& call, CallMemory& memory) override;
  std::vector<EndpointStatus> Endpoints() const override { return balancer_->Endpoints(); }
  std::vector<CandidateVerdict> Explain(const Call& call) const override {
    return balancer_->Explain(call);
  }
  absl::Status SetOverride(absl::string_view address, const Override& wish) override {
    return balancer_->SetOverride(address, wish);
  }
  Balancer::Counters counters() const override { return balancer_->counters(); }
  void Refresh() override;
  absl::Status WaitUntilReady(absl::Duration timeout) override;
  void Shutdown() override;

  // Resolver::Listener, on the loop's thread:
  void OnEndpoints(EndpointList endpoints) override;
  void OnResolveError(const absl::Status& status) override { balancer_->SetResolveError(status); }

 private:
  // The limits of one call, from its own deadline and its method's config.
  struct Limits {
    const RetryPolicy* retry_policy = nullptr;  // null: only what was never processed is retried
    absl::Time deadline = absl::InfiniteFuture();
    bool waits_for_ready = false;
  };

  Limits LimitsOf(const Call& call) const;
  // A lease for the next attempt, or why there is none. Blocks as Run() says.
  absl::StatusOr<Lease> NextLease(const Call& call, CallMemory& memory, const Limits& limits);
  // `lease` is the latest attempt that `memory` knows of.
  absl::Status RunAttempt(Lease lease, CallMemory& memory, const Limits& limits,
                          absl::FunctionRef<absl::Status(const Attempt&)> attempt) const;
  static bool MayRetry(const absl::Status& status, uint32_t attempts, const Limits& limits);

  // Blocks until something changed after `seen`, or until `deadline`: then false.
  bool WaitForChange(uint64_t seen, absl::Time deadline);
  // Blocks until `deadline` or shutdown.
  void SleepUntil(absl::Time deadline);
  uint64_t changes() const;
  void OnPickable();

  const Target target_;
  const ServiceConfig config_;
  const std::shared_ptr<EventLoop> loop_;
  const Clock& clock_;
  RandomSource& random_;
  RetryBudget budget_;
  const uint64_t subset_seed_;
  std::shared_ptr<Balancer> balancer_;  // const after construction

  std::unique_ptr<Resolver> resolver_;  // loop thread only

  mutable Mutex mutex_;
  CondVar changed_;
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;  // times that a failed pick may succeed now
  bool is_shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nines
