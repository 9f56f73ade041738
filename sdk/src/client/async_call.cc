// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/async_call.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/async_attempt.h"
#include "client/attempt_outcome.h"

namespace nines {

void CallHandle::Cancel() const {
  if (const std::shared_ptr<AsyncCall> call = call_.lock()) call->Cancel();
}

AsyncCall::AsyncCall(std::shared_ptr<Client> client, const CallParts& parts, CallTimers& timers,
                     const Call& call, AttemptStarter start, CallDone done)
    : client_(std::move(client)),
      parts_(parts),
      timers_(timers),
      plan_(parts.rules->plans.Find(ToAbsl(call.method))),
      start_(std::move(start)),
      done_(std::move(done)),
      call_(call),
      now_(parts.clock.Now()),
      retrier_(plan_, parts.rules->gate, DeadlineOf(call, plan_, now_)),
      log_(call.trace, now_) {}

void AsyncCall::Start() {
  parts_.rules->gate.OnCall(now_);
  {
    MutexLock lock(mutex_);
    is_busy_ = true;
  }
  TryNext();
  call_ = Call{};
  Advance();
  WorkOff();
}

void AsyncCall::OnAttemptEnd(uint32_t number, absl::Status status) {
  Bring({News::Kind::kAttemptEnd, number, std::move(status)});
}
void AsyncCall::OnTimer() { Bring({News::Kind::kTimer}); }
void AsyncCall::OnPickable() { Bring({News::Kind::kPickable}); }
void AsyncCall::Cancel() { Bring({News::Kind::kCancel}); }

void AsyncCall::Bring(News news) {
  // The attempt that brings its end may have been the last to hold the call.
  const std::shared_ptr<AsyncCall> self = shared_from_this();
  {
    MutexLock lock(mutex_);
    news_.push_back(std::move(news));
    if (is_busy_) return;
    is_busy_ = true;
  }
  WorkOff();
}

void AsyncCall::WorkOff() {
  while (true) {
    std::vector<News> batch;
    SetTimer();
    {
      MutexLock lock(mutex_);
      if (news_.empty()) {
        is_busy_ = false;
        return;
      }
      batch.swap(news_);
    }
    for (News& news : batch) React(news);
  }
}

void AsyncCall::React(News& news) {
  if (has_ended_) return;
  now_ = parts_.clock.Now();
  switch (news.kind) {
    case News::Kind::kAttemptEnd:
      EndAttempt(news.number, news.status, false);
      break;
    case News::Kind::kTimer:
      timer_.reset();
      break;
    case News::Kind::kPickable:
      if (!is_waiting_) break;
      is_waiting_ = false;
      TryNext();
      break;
    case News::Kind::kCancel:
      return End(absl::CancelledError("cancelled by the caller"), 0, CallEnd::kCancelled);
  }
  Advance();
}

void AsyncCall::Advance() {
  if (has_ended_) return;
  if (now_ >= retrier_.deadline()) {
    return End(absl::DeadlineExceededError("the call's deadline passed"), 0, CallEnd::kDeadline);
  }
  while (!has_ended_) {
    const auto late =
        std::find_if(running_.begin(), running_.end(),
                     [this](const Running& attempt) { return attempt.deadline <= now_; });
    if (late == running_.end()) break;
    EndAttempt(late->number, absl::DeadlineExceededError("no answer in the attempt's time"), true);
  }
  if (!has_ended_ && try_at_ <= now_) TryNext();
  while (!has_ended_ && hedge_at_ <= now_) Hedge();
}

void AsyncCall::EndAttempt(uint32_t number, const absl::Status& status, bool is_timed_out) {
  const auto found = FindRunning(number);
  if (found == running_.end()) return;  // given up meanwhile
  Running attempt = std::move(*found);
  running_.erase(found);
  log_.Add({attempt.lease.endpoint().address, attempt.reason, attempt.start, now_}, status);
  attempt.lease.Report(
      MakeAttemptOutcome(status, now_ - attempt.start, attempt.deadline - attempt.start), memory_);
  if (is_timed_out) {
    if (const auto state = attempt.state.lock()) state->Cancel();
  }
  if (status.ok()) {
    plan_.OnLatency(now_ - attempt.start);
    retrier_.OnSuccess();
    return End(status, number, CallEnd::kSucceeded);
  }
  if (IsUnprocessed(status)) parts_.client.Refresh();  // not reached: perhaps it has moved
  last_failure_ = status;
  last_failed_ = number;
  const Retrier::Step step = retrier_.AfterFailure(
      {status, is_timed_out, memory_.is_query_of_death(), static_cast<uint32_t>(running_.size())},
      now_);
  if (step.kind == Retrier::Step::Kind::kEnd) return End(status, number, step.end);
  if (step.kind == Retrier::Step::Kind::kWaitForOthers) return;
  reason_ = step.reason;
  try_at_ = std::max(step.at, now_);
  hedge_at_ = absl::InfiniteFuture();  // not before it, and by its own delay after it
}

void AsyncCall::TryNext() {
  try_at_ = absl::InfiniteFuture();
  while (!has_ended_ && !is_waiting_) {
    const uint64_t seen = parts_.readiness.changes();
    PickResult result = parts_.balancer.Pick(call_, memory_);
    auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) {
      if (!running_.empty()) return;  // they may still succeed
      WaitForEndpoint(seen, result);
      continue;
    }
    if (reason_ == AttemptReason::kFailure && memory_.IsRepeat()) {
      return BackOff(std::move(picked->lease));
    }
    if (retrier_.TryStart(now_, picked->lease.typical_latency())) {
      return StartAttempt(std::move(picked->lease), reason_);
    }
    Unsay(std::move(picked->lease));
    if (running_.empty()) EndFailed(CallEnd::kDeadline);
    return;
  }
}

void AsyncCall::BackOff(Lease lease) {
  Unsay(std::move(lease));
  if (!running_.empty()) return;  // never two attempts at one endpoint at a time
  const Retrier::Step step = retrier_.BeforeRepeat(now_, UnitInterval(parts_.random.Next()));
  if (step.kind == Retrier::Step::Kind::kEnd) return EndFailed(step.end);
  reason_ = step.reason;
  try_at_ = step.at;
}

void AsyncCall::Unsay(Lease lease) {
  const Lease given_back = std::move(lease);
  memory_.ForgetLatest();
}

void AsyncCall::Hedge() {
  hedge_at_ = absl::InfiniteFuture();
  if (running_.empty()) return;
  PickResult result = parts_.balancer.Pick(call_, memory_);
  auto* picked = std::get_if<Picked>(&result);
  if (picked == nullptr) return;
  // The budget is asked last: only what is made is paid for.
  if (memory_.IsRepeat() || !retrier_.TryHedge(now_) ||
      !retrier_.TryStart(now_, picked->lease.typical_latency())) {
    return Unsay(std::move(picked->lease));
  }
  StartAttempt(std::move(picked->lease), AttemptReason::kHedge);
}

void AsyncCall::WaitForEndpoint(uint64_t seen, const PickResult& result) {
  const auto* unavailable = std::get_if<Unavailable>(&result);
  if (unavailable != nullptr && (!plan_.waits_for_ready() || parts_.readiness.is_shut_down())) {
    if (last_failure_.ok()) last_failure_ = unavailable->status;
    return EndFailed(CallEnd::kNoEndpoint);
  }
  is_waiting_ =
      parts_.readiness.Subscribe(this, seen, [self = shared_from_this()] { self->OnPickable(); });
}

void AsyncCall::StartAttempt(Lease lease, AttemptReason reason) {
  const uint32_t number = retrier_.attempts();
  const absl::Time deadline = retrier_.AttemptDeadline(now_);
  auto state = std::make_shared<AsyncAttempt::State>(shared_from_this(), *lease.latest_endpoint(),
                                                     number, deadline);
  running_.push_back({number, std::move(lease), now_, deadline, reason, state});
  hedge_at_ = retrier_.NextHedge(now_);
  start_(AsyncAttempt(std::move(state)));
}

void AsyncCall::EndFailed(CallEnd end) {
  if (last_failure_.ok()) last_failure_ = absl::DeadlineExceededError("no time for an attempt");
  End(last_failure_, last_failed_, end);
}

void AsyncCall::End(const absl::Status& status, uint32_t number, CallEnd end) {
  has_ended_ = true;
  try_at_ = hedge_at_ = absl::InfiniteFuture();
  if (is_waiting_) parts_.readiness.Unsubscribe(this);
  for (Running& attempt : running_) GiveUp(attempt, end);
  running_.clear();
  CallDone done = std::exchange(done_, nullptr);
  const AttemptStarter start = std::exchange(start_, nullptr);  // goes with what it holds
  done({log_.End(status, end), number});
}

void AsyncCall::GiveUp(Running& attempt, CallEnd end) {
  const absl::Duration duration = now_ - attempt.start;
  // The winner tells less than the truth: slow attempts are those that lose.
  if (end == CallEnd::kSucceeded) plan_.OnLatency(duration);
  const bool is_late = end == CallEnd::kDeadline;
  const absl::Status status =
      is_late ? absl::DeadlineExceededError("no answer before the call's deadline")
              : absl::CancelledError("not wanted any more");
  log_.Add({attempt.lease.endpoint().address, attempt.reason, attempt.start, now_}, status);
  Outcome outcome = MakeAttemptOutcome(status, duration, attempt.deadline - attempt.start);
  outcome.is_overtaken = end == CallEnd::kSucceeded;
  attempt.lease.Report(outcome, memory_);
  if (const auto state = attempt.state.lock()) state->Cancel();
}

AsyncCall::RunningAttempts::iterator AsyncCall::FindRunning(uint32_t number) {
  return std::find_if(running_.begin(), running_.end(),
                      [number](const Running& attempt) { return attempt.number == number; });
}

absl::Time AsyncCall::NextMoment() const {
  absl::Time next = std::min({retrier_.deadline(), try_at_, hedge_at_});
  for (const Running& attempt : running_) next = std::min(next, attempt.deadline);
  return next;
}

// A timer that is too early is left: it finds nothing to do, and is set anew.
void AsyncCall::SetTimer() {
  const absl::Time next = has_ended_ ? absl::InfiniteFuture() : NextMoment();
  if (timer_ && (has_ended_ || next < timer_->first)) {
    timers_.Remove(*timer_);
    timer_.reset();
  }
  if (timer_ || next == absl::InfiniteFuture()) return;
  timer_ = timers_.Set(next, [self = shared_from_this()] { self->OnTimer(); });
}

}  // namespace nines
