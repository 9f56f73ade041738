// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "hedged_call.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "call_metadata.h"
#include "nines/clock.h"
#include "nines/random.h"
#include "retry/call_deadline.h"

namespace nines {
namespace {

// An attempt with less time than gRPC's unit has none.
constexpr absl::Duration kLeastAttempt = absl::Milliseconds(1);
// At a time: the standard's clocks overflow within centuries.
constexpr absl::Duration kLongestWait = absl::Hours(24);

// When the last attempt may begin.
absl::Time LastBegin(absl::Time deadline, absl::Time now) {
  return DeadlineOnClock(deadline, now) - kLeastAttempt;
}

// With the pushback of its server, if there is one. What is no number means "never" (gRFC A6).
absl::Status StatusOf(const grpc::Status& status, const grpc::ClientContext& context) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto pushback = trailers.find(kPushbackMetadata);
  if (pushback == trailers.end()) return result;
  int64_t milliseconds = -1;
  if (!absl::SimpleAtoi(absl::string_view(pushback->second.data(), pushback->second.size()),
                        &milliseconds)) {
    milliseconds = -1;
  }
  return WithPushback(std::move(result), absl::Milliseconds(milliseconds));
}

}  // namespace

HedgedCall::HedgedCall(MethodPlan& plan, ChannelLink& link, absl::Time deadline)
    : plan_(plan),
      link_(link),
      deadline_(deadline),
      now_(ProcessClock().Now()),
      retrier_(plan, link.retry_gate(), LastBegin(deadline, now_)),
      shared_(SharedCall::Create()) {}

grpc::Status HedgedCall::Run(const HedgedMethod::Attempts& attempts) {
  const Attempt* last = nullptr;
  while (true) {
    if (Attempt* const ended = WaitForEnd(std::min(try_at_, hedge_at_)); ended != nullptr) {
      last = ended;
      if (EndsCall(*ended)) break;
    } else if (!StartNext(attempts)) {
      break;
    }
  }
  if (last == nullptr) {
    return {grpc::StatusCode::DEADLINE_EXCEEDED, "the call's deadline passed before it began"};
  }
  if (last->status->ok()) shared_->SetAnswered();
  EndOthers();
  if (last->status->ok()) attempts.take_reply(last->reply.get());
  return *last->status;
}

bool HedgedCall::StartNext(const HedgedMethod::Attempts& attempts) {
  const bool is_hedge = now_ < try_at_;
  try_at_ = hedge_at_ = absl::InfiniteFuture();
  const bool may_start = !is_hedge || (CanGoElsewhere() && retrier_.TryHedge(now_));
  if (may_start && retrier_.TryStart(now_, absl::ZeroDuration())) Start(attempts);
  return UnderWay() > 0;
}

void HedgedCall::Start(const HedgedMethod::Attempts& attempts) {
  Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>());
  attempt.reply = attempts.make_reply();
  attempt.begin = now_;
  hedge_at_ = retrier_.NextHedge(now_);
  if (deadline_ != absl::InfiniteFuture()) {
    attempt.context.set_deadline(absl::ToChronoTime(deadline_));
  }
  attempt.context.AddMetadata(kSharedCallMetadata, shared_->id_bytes());
  attempts.start(&attempt.context, attempt.reply.get(),
                 [this, &attempt](grpc::Status status) { OnEnd(attempt, std::move(status)); });
}

void HedgedCall::OnEnd(Attempt& attempt, grpc::Status status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  attempt.end = ProcessClock().Now();
  attempt.status = std::move(status);
  ended_.notify_all();
}

HedgedCall::Attempt* HedgedCall::WaitForEnd(absl::Time until) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    const auto ended = std::find_if(attempts_.begin(), attempts_.end(), [](const auto& attempt) {
      return attempt->status.has_value() && !attempt->is_judged;
    });
    now_ = ProcessClock().Now();
    if (ended != attempts_.end()) {
      (*ended)->is_judged = true;
      return ended->get();
    }
    if (now_ >= until) return nullptr;
    ended_.wait_for(lock, absl::ToChronoNanoseconds(std::min(until - now_, kLongestWait)));
  }
}

bool HedgedCall::EndsCall(const Attempt& attempt) {
  if (attempt.status->ok()) {
    Learn(attempt);
    retrier_.OnSuccess();
    return true;
  }
  const uint32_t others = UnderWay();
  Retrier::Failure failure{StatusOf(*attempt.status, attempt.context)};
  failure.others_running = others;
  Retrier::Step step = retrier_.AfterFailure(failure, now_);
  if (step.kind == Retrier::Step::Kind::kTry && step.reason == AttemptReason::kFailure &&
      !CanGoElsewhere()) {
    if (others > 0) return false;  // never two attempts at one endpoint at a time
    step = retrier_.BeforeRepeat(now_, UnitInterval(ProcessRandom().Next()));
  }
  if (step.kind == Retrier::Step::Kind::kTry) {
    try_at_ = step.at;
    hedge_at_ = absl::InfiniteFuture();  // not before it, and by its own delay after it
  }
  return step.kind == Retrier::Step::Kind::kEnd;
}

bool HedgedCall::CanGoElsewhere() const {
  const std::shared_ptr<Balancer> balancer = link_.balancer();
  CallMemory memory;
  shared_->AddTriedTo(memory);
  return balancer != nullptr && balancer->CanPickUntried(memory);
}

uint32_t HedgedCall::UnderWay() const {
  return static_cast<uint32_t>(std::count_if(attempts_.begin(), attempts_.end(),
                                             [](const auto& a) { return !a->is_judged; }));
}

// Attempts that lose count with the time after which they were given up: slow ones are those that
// lose. One that failed says nothing of how long an answer takes.
void HedgedCall::Learn(const Attempt& winner) {
  plan_.OnLatency(winner.end - winner.begin);
  for (const auto& attempt : attempts_) {
    if (!attempt->is_judged) plan_.OnLatency(now_ - attempt->begin);
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
