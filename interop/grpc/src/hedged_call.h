// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "hedging_delay.h"
#include "nines/grpc_hedging.h"
#include "nines/retry_budget.h"
#include "shared_call.h"

namespace nines {

// One call of HedgedUnaryCall(), whose attempts are gRPC calls of their own.
//
// Run() is on the caller's thread; gRPC's threads bring the ends of attempts. It returns when all
// have ended: a cancelled attempt ends at once, without a word from its server, and one that did
// not would drop the last reference to its channel on gRPC's thread, which gRPC does not survive.
class HedgedCall {
 public:
  struct Context {
    const HedgingPolicy& policy;
    HedgingDelay& delay;
    RetryBudget& budget;
  };

  HedgedCall(const Context& context, absl::Time deadline)
      : method_(context), deadline_(deadline), shared_(SharedCall::Create()) {}

  // Called once. What it refers to is not used after it returns.
  grpc::Status Run(const HedgedMethod::Attempts& attempts);

 private:
  struct Attempt {
    grpc::ClientContext context;
    std::shared_ptr<void> reply;
    absl::Time begin;
    absl::Time end;
    std::optional<grpc::Status> status;  // nothing: under way
    bool is_judged = false;              // its end was looked at
  };

  void Start(const HedgedMethod::Attempts& attempts);
  // Starts another if policy, deadline and budget let it.
  bool TryStart(const HedgedMethod::Attempts& attempts);
  void OnEnd(Attempt& attempt, grpc::Status status);
  // The next attempt that ended; null if none did for so long.
  Attempt* WaitForEnd(absl::Duration longest);
  // Until the next hedge; infinite if there is none to come.
  absl::Duration UntilHedge() const;
  bool IsFinal(const grpc::Status& status) const;
  size_t UnderWay() const;
  void Learn();
  // Cancels what is under way, and returns when it has ended.
  void EndOthers();

  const Context method_;  // used by Run() only
  const absl::Time deadline_;
  const std::shared_ptr<SharedCall> shared_;
  bool may_hedge_ = true;
  bool was_slow_ = false;  // the first attempt took longer than the delay

  mutable std::mutex mutex_;  // guards the ends of attempts; the vector is Run()'s
  std::condition_variable ended_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
};

}  // namespace nines
