// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "core_1_51/per_call.h"
#include "nines/balancer.h"
#include "nines/config.h"
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
  };

  // `call` may be null; otherwise it outlives this.
  AttemptTracker(const Context& context, Lease lease, PerCall* call)
      : context_(context), lease_(std::move(lease)), call_(call) {}

  void Start() override;
  void Finish(FinishArgs args) override;

 private:
  void Report(const Outcome& outcome);
  // From the pick to the deadline; infinite if it is not known.
  absl::Duration TimeAllowed() const;
  void WriteDown(const absl::Status& status, absl::Duration duration);
  // Tells gRPC's retry filter, which acts next, how long to wait; and writes down why it will not
  // try again, if it will not.
  void PrepareRetry(const FinishArgs& args, absl::string_view pushback);

  const Context context_;
  Lease lease_;
  PerCall* const call_;
  absl::Time start_ = absl::InfinitePast();
  uint32_t number_ = 0;       // in the call's log
  size_t shared_number_ = 0;  // in its SharedCall
};

}  // namespace nines
