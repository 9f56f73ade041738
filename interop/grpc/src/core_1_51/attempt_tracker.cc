// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/attempt_tracker.h"

#include <algorithm>
#include <string>

#include "call_metadata.h"
#include "core_1_51/reported_load.h"
#include "nines/clock.h"
#include "status_conversion.h"

namespace nines {

void AttemptTracker::Start() { start_ = ProcessClock().Now(); }

void AttemptTracker::Finish(FinishArgs args) {
  const bool is_pushback = HasPushback(args);
  Outcome outcome = OutcomeOfAttempt(args.status, ProcessClock().Now() - start_);
  outcome.time_allowed = TimeAllowed();
  // A server that says when to come back is up, and has too much to do: whatever its code.
  if (is_pushback && !args.status.ok()) outcome.outcome_class = OutcomeClass::kOverload;
  if (context_.performance_check != nullptr) {
    outcome.load = ReportedLoad(args, context_.performance_check->load_header);
  }
  Report(outcome);
  // gRPC's retry filter waits a backoff before every retry. Backing off spares an endpoint that has
  // just failed; the retry goes to another one, so there is nothing to wait for. The filter obeys
  // pushback from the trailing metadata, and "push back by nothing" is how it is told so.
  // The server's own word comes first.
  if (call_ != nullptr && call_->memory.is_query_of_death()) {
    args.trailing_metadata->Add(kPushbackMetadata, "-1");  // "never", in the filter's language
  } else if (!is_pushback && MayRetryAtOnce(args)) {
    args.trailing_metadata->Add(kPushbackMetadata, "0");
  }
}

void AttemptTracker::Report(const Outcome& outcome) {
  if (call_ == nullptr) return lease_.Report(outcome);
  lease_.Report(outcome, call_->memory);
}

bool AttemptTracker::HasPushback(const FinishArgs& args) {
  std::string buffer;
  return args.trailing_metadata->Lookup(kPushbackMetadata, &buffer).has_value();
}

absl::Duration AttemptTracker::TimeAllowed() const {
  if (call_ == nullptr) return absl::InfiniteDuration();
  return std::min(call_->deadline - start_, call_->attempt_timeout);
}

bool AttemptTracker::MayRetryAtOnce(const FinishArgs& args) const {
  if (args.status.ok() || call_ == nullptr || call_->memory.is_query_of_death()) return false;
  if (static_cast<int>(call_->memory.attempts()) >= call_->max_attempts) return false;
  const auto code = static_cast<grpc_status_code>(args.status.code());
  if (!call_->retryable_codes.Contains(code)) return false;
  return context_.balancer->CanPickUntried(call_->memory);
}

}  // namespace nines
