// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "core_1_51/per_call.h"
#include "nines/balancer.h"
#include "nines/config.h"
#include "nines/retry_budget.h"
#include "src/core/lib/load_balancing/lb_policy.h"

namespace nines {

// Follows one attempt from its pick to its end, and reports how it ended on its lease. If gRPC
// gives the pick up without starting it, the lease is dropped, which counts as cancelled.
class AttemptTracker final : public grpc_core::LoadBalancingPolicy::SubchannelCallTrackerInterface {
 public:
  // What the attempts of one picker have in common.
  struct Context {
    std::shared_ptr<Balancer> balancer;
    std::shared_ptr<const PerformanceCheckConfig> performance_check;  // null: off
    // For calls that have no GrpcRetryGate; null: the channel has gates.
    std::shared_ptr<RetryBudget> retry_budget;
  };

  // `call` may be null; otherwise it outlives this.
  // `previous_attempts` is what the metadata says, for calls that are null.
  AttemptTracker(const Context& context, Lease lease, PerCall* call, uint32_t previous_attempts)
      : context_(context),
        lease_(std::move(lease)),
        call_(call),
        previous_attempts_(previous_attempts) {}

  void Start() override;
  void Finish(FinishArgs args) override;

 private:
  void Report(const Outcome& outcome);
  // From the pick to the deadline; infinite if it is not known.
  absl::Duration TimeAllowed() const;
  // For a call without a gate: keeps gRPC's filter from a retry beyond the budget.
  void LimitRetry(const FinishArgs& args, const Outcome& outcome);
  void WriteDown(const absl::Status& status, absl::Duration duration);
  // Tells gRPC's retry filter, which acts next, how long to wait; and writes down why it will not
  // try again, if it will not.
  void PrepareRetry(const FinishArgs& args, absl::string_view pushback);

  const Context context_;
  Lease lease_;
  PerCall* const call_;
  const uint32_t previous_attempts_;
  absl::Time start_ = absl::InfinitePast();
  uint32_t number_ = 0;       // in the call's log
  size_t shared_number_ = 0;  // in its SharedCall
};

}  // namespace nines
