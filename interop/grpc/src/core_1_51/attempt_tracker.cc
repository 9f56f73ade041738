// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/attempt_tracker.h"

#include <string>

#include "call_metadata.h"
#include "nines/clock.h"
#include "status_conversion.h"

namespace nines {

void AttemptTracker::Start() { start_ = ProcessClock().Now(); }

void AttemptTracker::Finish(FinishArgs args) {
  lease_.Report(OutcomeOfAttempt(args.status, ProcessClock().Now() - start_));
  // gRPC's retry filter waits a backoff before every retry. Backing off spares an endpoint that has
  // just failed; the retry goes to another one, so there is nothing to wait for. The filter obeys
  // pushback from the trailing metadata, and "push back by nothing" is how it is told so.
  if (MayRetryAtOnce(args)) args.trailing_metadata->Add(kPushbackMetadata, "0");
}

bool AttemptTracker::MayRetryAtOnce(const FinishArgs& args) const {
  if (args.status.ok() || call_ == nullptr) return false;
  if (static_cast<int>(call_->memory.attempts()) >= call_->max_attempts) return false;
  const auto code = static_cast<grpc_status_code>(args.status.code());
  if (!call_->retryable_codes.Contains(code)) return false;
  std::string buffer;
  // The server's own word comes first.
  if (args.trailing_metadata->Lookup(kPushbackMetadata, &buffer).has_value()) return false;
  return balancer_->CanPickUntried(call_->memory);
}

}  // namespace nines
