// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/blocking_call.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "client/attempt_outcome.h"

namespace nines {

BlockingCall::BlockingCall(const CallParts& parts, const Call& call, absl::Time now)
    : parts_(parts),
      call_(call),
      plan_(parts.rules->plans.Find(ToAbsl(call.method))),
      retrier_(plan_, parts.rules->gate, DeadlineOf(call, plan_, now)),
      log_(call.trace, now),
      now_(now) {
  parts.rules->gate.OnCall(now);
}

absl::Status BlockingCall::Run(absl::FunctionRef<absl::Status(const Attempt&)> attempt) {
  absl::Status last;
  while (true) {
    absl::StatusOr<Lease> lease = NextLease();
    // An attempt's own failure says more than that there is nowhere else to go.
    if (!lease.ok()) return log_.End(last.ok() ? lease.status() : last, end_);
    last = RunAttempt(*std::move(lease), attempt);
    if (ABSL_PREDICT_TRUE(last.ok())) {
      retrier_.OnSuccess();
      return log_.End(last, CallEnd::kSucceeded);
    }
    if (IsUnprocessed(last)) parts_.client.Refresh();  // not reached: perhaps it has moved
    const Retrier::Step step =
        retrier_.AfterFailure({last, is_timed_out_, memory_.is_query_of_death()}, now_);
    if (step.kind == Retrier::Step::Kind::kEnd) return log_.End(last, step.end);
    reason_ = step.reason;
    if (step.at > now_) parts_.readiness.SleepUntil(step.at);
  }
}

absl::StatusOr<Lease> BlockingCall::NextLease() {
  while (true) {
    const uint64_t seen = parts_.readiness.changes();
    PickResult result = parts_.balancer.Pick(call_, memory_);
    if (auto* picked = std::get_if<Picked>(&result); ABSL_PREDICT_TRUE(picked != nullptr)) {
      const absl::StatusOr<bool> may_use = MayUse(picked->lease);
      if (!may_use.ok()) return may_use.status();
      if (*may_use) return std::move(picked->lease);
      continue;
    }
    const auto* unavailable = std::get_if<Unavailable>(&result);
    if (unavailable != nullptr && (!plan_.waits_for_ready() || parts_.readiness.is_shut_down())) {
      return unavailable->status;
    }
    if (!parts_.readiness.WaitForChange(seen, retrier_.deadline())) {
      return NoEndpointInTime(unavailable);
    }
    now_ = parts_.clock.Now();
  }
}

absl::StatusOr<bool> BlockingCall::MayUse(Lease& lease) {
  const bool is_first = retrier_.attempts() == 0;
  if (ABSL_PREDICT_FALSE(!is_first)) {
    now_ = parts_.clock.Now();
    // The same endpoint again only after a wait, and one is enough.
    if (reason_ == AttemptReason::kFailure && memory_.IsRepeat()) return BackOff(std::move(lease));
  }
  const absl::Duration typical = is_first ? absl::ZeroDuration() : lease.typical_latency();
  if (retrier_.TryStart(now_, typical)) return true;
  end_ = CallEnd::kDeadline;
  return absl::DeadlineExceededError("no time is left for an attempt");
}

absl::StatusOr<bool> BlockingCall::BackOff(Lease lease) {
  const Retrier::Step step = retrier_.BeforeRepeat(now_, UnitInterval(parts_.random.Next()));
  if (step.kind == Retrier::Step::Kind::kEnd) {
    end_ = step.end;
    return absl::DeadlineExceededError("the next backoff would end after the deadline");
  }
  { const Lease given_back = std::move(lease); }
  memory_.ForgetLatest();
  reason_ = step.reason;
  parts_.readiness.SleepUntil(step.at);
  return false;
}

absl::Status BlockingCall::NoEndpointInTime(const Unavailable* unavailable) {
  end_ = CallEnd::kDeadline;
  return absl::DeadlineExceededError(
      absl::StrCat(parts_.target, ": no endpoint before the deadline: ",
                   unavailable != nullptr ? unavailable->status.message() : "not resolved yet"));
}

absl::Status BlockingCall::RunAttempt(Lease lease,
                                      absl::FunctionRef<absl::Status(const Attempt&)> attempt) {
  const absl::Time start = now_;
  const std::shared_ptr<const Endpoint> endpoint = lease.latest_endpoint();
  const Attempt one_try{*endpoint, retrier_.attempts(), retrier_.AttemptDeadline(start)};
  absl::Status status = attempt(one_try);
  now_ = parts_.clock.Now();
  is_timed_out_ = absl::IsDeadlineExceeded(status) && now_ >= one_try.deadline &&
                  one_try.deadline < retrier_.deadline();
  if (status.ok()) plan_.OnLatency(now_ - start);
  log_.Add({one_try.endpoint.address, reason_, start, now_}, status);
  lease.Report(MakeAttemptOutcome(status, now_ - start, one_try.deadline - start), memory_);
  return status;
}

}  // namespace nines
