// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retrier.h"

#include <algorithm>
#include <utility>

#include "endpoints/attempt_time.h"
#include "nines/retry.h"

namespace nines {
namespace {

using Kind = Retrier::Step::Kind;

}  // namespace

bool Retrier::TryStart(absl::Time now, absl::Duration typical_latency) {
  if (now >= deadline_) return false;
  // A first attempt is made in any case: whoever asks for what cannot be done shall see it fail.
  if (attempts_ != 0 && !MayEndIn(deadline_ - now, typical_latency)) return false;
  ++attempts_;
  if (!granted_) return true;
  const absl::Time paid_at = std::move(*granted_).Spend();
  granted_.reset();
  if (is_retry_next_) paid_at_ = paid_at;
  return true;
}

absl::Time Retrier::AttemptDeadline(absl::Time now) const {
  return std::min(deadline_, now + plan_.attempt_timeout());
}

void Retrier::OnSuccess() {
  gate_.OnSuccess();
  if (paid_at_) gate_.GiveBack(*std::exchange(paid_at_, std::nullopt));
}

Retrier::Step Retrier::AfterFailure(const Failure& failure, absl::Time now) {
  Step step;
  step.kind = Kind::kEnd;
  const std::optional<absl::Duration> pushback = PushbackOf(failure.status);
  const bool is_told_to_stop = pushback && *pushback < absl::ZeroDuration();
  was_told_to_stop_ |= is_told_to_stop;
  const bool is_retryable = failure.is_timed_out || plan_.IsRetryable(failure.status.code());
  const bool is_unprocessed = IsUnprocessed(failure.status);
  if ((is_retryable && !is_unprocessed) || is_told_to_stop) gate_.OnFailure();
  step.end = CallEnd::kQueryOfDeath;
  if (failure.is_query_of_death) return step;
  step.end = CallEnd::kNotRetryable;
  if (!is_retryable && !is_unprocessed) return step;

  if (pushback && *pushback >= absl::ZeroDuration()) {
    not_before_ = now + *pushback;
    attempts_before_pushback_ = attempts_;
  }
  const std::optional<CallEnd> why_not = WhyNotAgain(std::max(now, not_before_), now);
  if (!why_not) {
    is_retry_next_ = true;
    return {Kind::kTry, not_before_, pushback ? AttemptReason::kPushback : AttemptReason::kFailure};
  }
  step.end = *why_not;
  if (failure.others_running != 0) step.kind = Kind::kWaitForOthers;
  return step;
}

std::optional<CallEnd> Retrier::WhyNotAgain(absl::Time at, absl::Time now) {
  if (was_told_to_stop_) return CallEnd::kPushback;
  if (attempts_ >= plan_.max_attempts()) return CallEnd::kAttemptsUsedUp;
  if (gate_.IsThrottled()) return CallEnd::kThrottled;
  if (at >= deadline_) return CallEnd::kDeadline;
  if (!granted_) granted_ = gate_.TryWithdraw(now);
  if (!granted_) return CallEnd::kBudgetExhausted;
  return std::nullopt;
}

Retrier::Step Retrier::BeforeRepeat(absl::Time now, double unit) const {
  const uint32_t retry = std::max(attempts_ - attempts_before_pushback_, 1U);
  const absl::Time at = now + BackoffDelay(plan_.backoff(), retry, unit);
  if (at >= deadline_) return {Kind::kEnd, at, AttemptReason::kRepeat, CallEnd::kDeadline};
  return {Kind::kTry, at, AttemptReason::kRepeat};
}

absl::Time Retrier::NextHedge(absl::Time now) const {
  if (!may_hedge_ || was_told_to_stop_ || attempts_ >= plan_.max_attempts()) {
    return absl::InfiniteFuture();
  }
  const absl::Time at = std::max(now + plan_.HedgingDelay(deadline_ - now), not_before_);
  return at >= deadline_ ? absl::InfiniteFuture() : at;
}

bool Retrier::TryHedge(absl::Time now) {
  may_hedge_ = may_hedge_ && !WhyNotAgain(now, now);
  is_retry_next_ = is_retry_next_ && !may_hedge_;
  return may_hedge_;
}

}  // namespace nines
