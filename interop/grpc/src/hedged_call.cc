// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "hedged_call.h"

#include <algorithm>
#include <utility>

#include "call_metadata.h"
#include "channel_link.h"
#include "nines/clock.h"

namespace nines {
namespace {

// An attempt with less time than gRPC's unit has none.
constexpr absl::Duration kLeastAttempt = absl::Milliseconds(1);

}  // namespace

grpc::Status HedgedCall::Run(const HedgedMethod::Attempts& attempts) {
  Start(attempts);
  for (;;) {
    Attempt* const ended = WaitForEnd(UntilHedge());
    if (ended == nullptr) {
      was_slow_ = was_slow_ || attempts_.size() == 1;
      may_hedge_ = TryStart(attempts);
      continue;
    }
    const grpc::Status& status = *ended->status;
    if (!IsFinal(status) && (TryStart(attempts) || UnderWay() > 0)) continue;
    Learn();
    EndOthers();
    if (status.ok()) attempts.take_reply(ended->reply.get());
    return status;
  }
}

void HedgedCall::Start(const HedgedMethod::Attempts& attempts) {
  Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>());
  attempt.reply = attempts.make_reply();
  attempt.begin = ProcessClock().Now();
  if (deadline_ != absl::InfiniteFuture()) {
    attempt.context.set_deadline(absl::ToChronoTime(deadline_));
  }
  attempt.context.AddMetadata(kSharedCallMetadata, shared_->id_bytes());
  attempts.start(&attempt.context, attempt.reply.get(),
                 [this, &attempt](grpc::Status status) { OnEnd(attempt, std::move(status)); });
}

bool HedgedCall::TryStart(const HedgedMethod::Attempts& attempts) {
  if (attempts_.size() >= method_.policy.max_attempts) return false;
  const absl::Time now = ProcessClock().Now();
  if (now + kLeastAttempt > deadline_ || !method_.budget.TryWithdraw(now)) return false;
  Start(attempts);
  return true;
}

void HedgedCall::OnEnd(Attempt& attempt, grpc::Status status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  attempt.end = ProcessClock().Now();
  attempt.status = std::move(status);
  ended_.notify_all();
}

HedgedCall::Attempt* HedgedCall::WaitForEnd(absl::Duration longest) {
  std::unique_lock<std::mutex> lock(mutex_);
  Attempt* ended = nullptr;
  const auto has_ended = [&] {
    for (const auto& attempt : attempts_) {
      if (attempt->status.has_value() && !attempt->is_judged) ended = attempt.get();
    }
    return ended != nullptr;
  };
  if (longest == absl::InfiniteDuration()) {
    ended_.wait(lock, has_ended);
  } else {
    ended_.wait_for(lock, absl::ToChronoNanoseconds(longest), has_ended);
  }
  if (ended != nullptr) ended->is_judged = true;
  return ended;
}

absl::Duration HedgedCall::UntilHedge() const {
  if (!may_hedge_ || attempts_.size() >= method_.policy.max_attempts) {
    return absl::InfiniteDuration();
  }
  const absl::Duration delay = method_.delay.Get();
  const absl::Time due = attempts_.back()->begin + delay;
  if (due >= deadline_) return absl::InfiniteDuration();
  return std::max(due - ProcessClock().Now(), absl::ZeroDuration());
}

bool HedgedCall::IsFinal(const grpc::Status& status) const {
  return status.ok() ||
         !method_.policy.IsNonFatal(static_cast<absl::StatusCode>(status.error_code()));
}

size_t HedgedCall::UnderWay() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<size_t>(std::count_if(attempts_.begin(), attempts_.end(), [](const auto& a) {
    return !a->status.has_value() || !a->is_judged;
  }));
}

// A first attempt that failed says nothing of how long an answer takes.
void HedgedCall::Learn() {
  if (was_slow_) return method_.delay.OnHedged();
  const std::lock_guard<std::mutex> lock(mutex_);
  const Attempt& first = *attempts_.front();
  if (first.status.has_value() && first.status->ok()) {
    method_.delay.OnEnded(first.end - first.begin);
  }
}

void HedgedCall::EndOthers() {
  // Under no lock: a call may end within TryCancel(). Of one that has ended, it does nothing.
  for (const auto& attempt : attempts_) attempt->context.TryCancel();
  std::unique_lock<std::mutex> lock(mutex_);
  ended_.wait(lock, [&] {
    return std::all_of(attempts_.begin(), attempts_.end(),
                       [](const auto& attempt) { return attempt->status.has_value(); });
  });
}

}  // namespace nines
