// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/attempt_tracker.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "call_metadata.h"
#include "core_1_51/grpc_retry_gate.h"
#include "core_1_51/reported_load.h"
#include "nines/clock.h"
#include "status_conversion.h"

namespace nines {

namespace {

bool IsBad(const Outcome& outcome) {
  const OutcomeClass outcome_class = ClassOf(outcome);
  return outcome_class == OutcomeClass::kServerFault || outcome_class == OutcomeClass::kOverload;
}

}  // namespace

void AttemptTracker::Start() {
  start_ = ProcessClock().Now();
  if (call_ == nullptr) return;
  const std::string& address = lease_.endpoint().address;
  number_ = call_->log.Begin(address, start_);
  if (call_->shared == nullptr) return;
  shared_number_ = call_->shared->Begin(address, lease_.endpoint_id(), start_);
  call_->shared_attempt = shared_number_;
}

void AttemptTracker::Finish(FinishArgs args) {
  std::string buffer;
  const absl::optional<absl::string_view> pushback =
      args.trailing_metadata->Lookup(kPushbackMetadata, &buffer);
  const absl::Duration duration = ProcessClock().Now() - start_;
  Outcome outcome = OutcomeOfAttempt(args.status, duration);
  outcome.time_allowed = TimeAllowed();
  outcome.is_overtaken =
      call_ != nullptr && call_->shared != nullptr && call_->shared->is_answered();
  // A server that says when to come back is up, and has too much to do: whatever its code.
  if (pushback.has_value() && !args.status.ok()) outcome.outcome_class = OutcomeClass::kOverload;
  if (context_.performance_check != nullptr) {
    outcome.load = ReportedLoad(args, context_.performance_check->load_header);
  }
  Report(outcome);
  if (call_ == nullptr) return LimitRetry(args, outcome);
  WriteDown(outcome.status, duration);
  // An attempt that gRPC gave up ends when the next one may be under way, or be picked for; and
  // what was withdrawn since is that one's.
  if (number_ < call_->given_up) return;
  if (call_->withdrawn.has_value() && !IsBad(outcome)) {
    call_->retry_budget->GiveBack(*std::exchange(call_->withdrawn, std::nullopt));
  }
  if (!args.status.ok()) PrepareRetry(args, pushback.value_or(absl::string_view()));
}

// With the memory also if gRPC gave the attempt up, and the next may be picked for by now (PerCall
// says why it may): without, a call that hangs wherever it goes would not be found out.
void AttemptTracker::Report(const Outcome& outcome) {
  if (call_ == nullptr) return lease_.Report(outcome);
  lease_.Report(outcome, call_->memory);
}

// Nothing here knows the method's retryPolicy: each failure that may be an endpoint's counts as if
// it was retried. So these channels may retry less than their budget allows, but hardly more: a
// success gives one back, though the failure before it may be one that did not count.
void AttemptTracker::LimitRetry(const FinishArgs& args, const Outcome& outcome) {
  if (context_.retry_budget == nullptr) return;
  if (args.status.ok()) {
    if (previous_attempts_ > 0) context_.retry_budget->GiveBack(start_);
    return;
  }
  if (IsBad(outcome) && !context_.retry_budget->TryWithdraw(ProcessClock().Now())) {
    args.trailing_metadata->Add(kPushbackMetadata, "-1");  // "never", in the filter's language
  }
}

void AttemptTracker::WriteDown(const absl::Status& status, absl::Duration duration) {
  call_->log.End(number_, status, duration);
  if (call_->shared != nullptr) call_->shared->End(shared_number_, status, duration);
}

absl::Duration AttemptTracker::TimeAllowed() const {
  if (call_ == nullptr) return absl::InfiniteDuration();
  return std::min(call_->deadline - start_, call_->attempt_timeout);
}

void AttemptTracker::PrepareRetry(const FinishArgs& args, absl::string_view pushback) {
  call_->wait.reset();
  call_->has_own_pushback = false;
  const auto code = static_cast<grpc_status_code>(args.status.code());
  if (call_->retry_policy == nullptr ||
      !call_->retry_policy->retryable_status_codes().Contains(code)) {
    return call_->SetNext(CallEnd::kNotRetryable);
  }
  if (static_cast<int>(number_) + 1 >= call_->retry_policy->max_attempts()) {
    return call_->SetNext(CallEnd::kAttemptsUsedUp);
  }
  int64_t milliseconds = 0;
  if (!pushback.empty()) {
    // The server's own word comes first.
    if (absl::SimpleAtoi(pushback, &milliseconds)) call_->wait = absl::Milliseconds(milliseconds);
  } else if (context_.balancer->CanPickUntried(call_->memory)) {
    // gRPC's retry filter waits a backoff before every retry. Backing off spares an endpoint that
    // has just failed; the retry goes to another one, so there is nothing to wait for. The filter
    // obeys pushback from the trailing metadata, and "push back by nothing" is how it is told so.
    args.trailing_metadata->Add(kPushbackMetadata, "0");
    call_->has_own_pushback = true;
    call_->wait = absl::ZeroDuration();
  }
  // The gate, which has the last word, may come when the balancer is gone. Of an attempt that gRPC
  // gives up by perAttemptRecvTimeout it comes before this, and looks only at the wait.
  const absl::Duration left = call_->deadline - ProcessClock().Now() - LeastWait(*call_);
  call_->is_hopeless = !context_.balancer->MayEndIn(left, call_->memory);
}

}  // namespace nines
