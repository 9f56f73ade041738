// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/call_parts.h"
#include "nines/balancer.h"
#include "nines/call.h"
#include "nines/client.h"
#include "retry/call_log.h"
#include "retry/retrier.h"

namespace nines {

// One call of Client::Run: what the Retrier says, done on the caller's thread. Attempts follow one
// another; a hedgingPolicy's hedges would need threads of their own, so only its attempts after
// failures are made. Confined to the thread that makes it.
class BlockingCall {
 public:
  BlockingCall(const CallParts& parts, const Call& call, absl::Time now);

  absl::Status Run(absl::FunctionRef<absl::Status(const Attempt&)> attempt);

 private:
  // A lease for the next attempt, or why there is none. Blocks for backoff and for endpoints. An
  // attempt that it allows has begun for retrier_.
  absl::StatusOr<Lease> NextLease();
  // Whether the pick may be used. If not, waits and unsays it, or says why the call ends.
  absl::StatusOr<bool> MayUse(Lease& lease);
  // Gives back the latest pick, of an endpoint that was tried already, and waits.
  absl::StatusOr<bool> BackOff(Lease lease);
  absl::Status RunAttempt(Lease lease, absl::FunctionRef<absl::Status(const Attempt&)> attempt);
  absl::Status NoEndpointInTime(const Unavailable* unavailable);

  const CallParts& parts_;
  const Call& call_;
  MethodPlan& plan_;
  Retrier retrier_;
  CallLog log_;
  CallMemory memory_;
  absl::Time now_;                                // as of the latest reading of the clock
  AttemptReason reason_ = AttemptReason::kFirst;  // of the next attempt
  CallEnd end_ = CallEnd::kNoEndpoint;            // if NextLease() gives none
  bool is_timed_out_ = false;                     // the latest attempt, by its own limit
};

}  // namespace nines
