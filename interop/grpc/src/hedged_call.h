// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "channel_link.h"
#include "nines/grpc_hedging.h"
#include "retry/method_plan.h"
#include "retry/retrier.h"
#include "shared_call.h"

namespace nines {

// One call of HedgedUnaryCall(), whose attempts are gRPC calls of their own: what the Retrier says,
// done on the caller's thread. gRPC's threads bring the ends of attempts.
//
// Run() returns when all have ended: a cancelled attempt ends at once, without a word from its
// server, and one that did not would drop the last reference to its channel on gRPC's thread, which
// gRPC does not survive.
class HedgedCall {
 public:
  // Both outlive the call.
  HedgedCall(MethodPlan& plan, ChannelLink& link, absl::Time deadline);

  // Called once. What it refers to is not used after it returns.
  grpc::Status Run(const HedgedMethod::Attempts& attempts);

 private:
  struct Attempt {
    grpc::ClientContext context;
    std::shared_ptr<void> reply;
    absl::Time begin;
    bool is_judged = false;  // its end was looked at; by Run() only

    // Guarded by mutex_ until there is a status.
    absl::Time end;
    std::optional<grpc::Status> status;  // nothing: under way
  };

  // Begins what is due: the next attempt, or one beside the others. False if nothing is under way.
  bool StartNext(const HedgedMethod::Attempts& attempts);
  void Start(const HedgedMethod::Attempts& attempts);
  void OnEnd(Attempt& attempt, grpc::Status status);
  // The next attempt that ended; null if none did until then.
  Attempt* WaitForEnd(absl::Time until);
  // Whether the end of `attempt` is the call's.
  bool EndsCall(const Attempt& attempt);
  // Whether an attempt now would find an endpoint that the call has not tried.
  bool CanGoElsewhere() const;
  uint32_t UnderWay() const;
  void Learn(const Attempt& winner);
  // Cancels what is under way, and returns when it has ended.
  void EndOthers();

  MethodPlan& plan_;
  ChannelLink& link_;
  const absl::Time deadline_;  // the caller's
  absl::Time now_;
  Retrier retrier_;
  const std::shared_ptr<SharedCall> shared_;
  absl::Time try_at_ = absl::InfinitePast();  // the first is due
  absl::Time hedge_at_ = absl::InfiniteFuture();

  std::mutex mutex_;  // guards the ends of attempts; the vector is Run()'s
  std::condition_variable ended_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
};

}  // namespace nines
