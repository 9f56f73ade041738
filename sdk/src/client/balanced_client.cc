// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/balanced_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace nines {
namespace {

// Marks a status as IsUnprocessed(); the payload's content means nothing.
constexpr char kUnprocessedPayload[] = "nines/unprocessed";

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status MarkUnprocessed(absl::Status status) {
  status.SetPayload(kUnprocessedPayload, absl::Cord());
  return status;
}

bool IsUnprocessed(const absl::Status& status) {
  return status.GetPayload(kUnprocessedPayload).has_value();
}

BalancedClient::BalancedClient(Parts parts)
    : target_(std::move(parts.target)),
      config_(std::move(parts.config)),
      loop_(std::move(parts.loop)),
      clock_(loop_->clock()),
      random_(*parts.random),
      budget_(config_.balancer.retry_budget),
      subset_seed_(random_.Next()) {
  Balancer::Options options;
  options.target = target_.ToString();
  options.config = config_.balancer;
  options.policy = std::move(parts.policy);
  options.prober = std::move(parts.prober);
  options.loop = loop_;
  options.random = &random_;
  options.observer = std::move(parts.observer);
  options.on_pickable = [this] { OnPickable(); };
  balancer_ = Balancer::Create(std::move(options));
  RunOnLoopAndWait(*loop_, [&] {
    resolver_ = parts.resolver_factory->MakeResolver(target_, {loop_.get(), &random_, this});
    resolver_->Start();
  });
}

BalancedClient::~BalancedClient() { Shutdown(); }

void BalancedClient::Shutdown() {
  // The resolver first: it calls the balancer.
  RunOnLoopAndWait(*loop_, [this] { resolver_.reset(); });
  balancer_->Shutdown();
  MutexLock lock(mutex_);
  is_shut_down_ = true;
  ++changes_;
  changed_.NotifyAll();
}

void BalancedClient::OnEndpoints(EndpointList endpoints) {
  balancer_->Update(SelectSubset(std::move(endpoints), config_.balancer.subset_size, subset_seed_));
}

PickResult BalancedClient::Pick(const Call& call, CallMemory& memory) {
  return balancer_->Pick(call, memory);
}

void BalancedClient::Refresh() {
  // Not waited for: whoever calls may do so for each of a thousand failing calls.
  loop_->Post([client = weak_from_this()] {
    const std::shared_ptr<BalancedClient> self = client.lock();
    if (self != nullptr && self->resolver_ != nullptr) self->resolver_->Refresh();
  });
}

absl::Status BalancedClient::WaitUntilReady(absl::Duration timeout) {
  const absl::Time deadline = clock_.Now() + timeout;
  while (true) {
    const uint64_t seen = changes();
    CallMemory memory;
    const PickResult result = balancer_->Pick(Call{}, memory);
    if (std::holds_alternative<Picked>(result)) return absl::OkStatus();
    if (WaitForChange(seen, deadline)) continue;
    const auto* unavailable = std::get_if<Unavailable>(&result);
    return absl::DeadlineExceededError(
        absl::StrCat(target_.ToString(), ": not ready after ", absl::FormatDuration(timeout), ": ",
                     unavailable != nullptr ? unavailable->status.message() : "not resolved yet"));
  }
}

absl::Status BalancedClient::Run(const Call& call,
                                 absl::FunctionRef<absl::Status(const Attempt&)> attempt) {
  const Limits limits = LimitsOf(call);
  budget_.Deposit(clock_.Now());
  CallMemory memory;
  absl::Status last = absl::OkStatus();
  for (uint32_t number = 1;; ++number) {
    absl::StatusOr<Lease> lease = NextLease(call, memory, limits);
    // An attempt's own failure says more than that there is nowhere else to go.
    if (!lease.ok()) return last.ok() ? lease.status() : last;
    last = RunAttempt(*std::move(lease), memory, limits, attempt);
    if (IsUnprocessed(last)) Refresh();  // not reached: perhaps the endpoint has moved
    if (last.ok() || memory.is_query_of_death() || !MayRetry(last, number, limits)) return last;
    const absl::Time now = clock_.Now();
    if (now >= limits.deadline || !budget_.TryWithdraw(now)) return last;
  }
}

BalancedClient::Limits BalancedClient::LimitsOf(const Call& call) const {
  Limits limits;
  if (call.deadline != absl::InfiniteFuture()) {
    // The caller reads the wall clock, which may have been stepped; only the distance counts.
    limits.deadline = clock_.Now() + (call.deadline - absl::Now());
  }
  const MethodConfig* method = config_.FindMethod(ToAbsl(call.method));
  if (method == nullptr) return limits;
  if (method->retry_policy.has_value()) limits.retry_policy = &*method->retry_policy;
  if (method->timeout.has_value()) {
    limits.deadline = std::min(limits.deadline, clock_.Now() + *method->timeout);
  }
  limits.waits_for_ready = method->wait_for_ready.value_or(false);
  return limits;
}

absl::StatusOr<Lease> BalancedClient::NextLease(const Call& call, CallMemory& memory,
                                                const Limits& limits) {
  bool has_backed_off = false;
  while (true) {
    const uint64_t seen = changes();
    const CallMemory before = memory;
    PickResult result = balancer_->Pick(call, memory);
    if (auto* picked = std::get_if<Picked>(&result)) {
      // Elsewhere at once; the same endpoint again only after a wait.
      const bool is_repeat = before.AttemptsSince(picked->lease.endpoint_id()) != 0;
      if (!is_repeat || has_backed_off) return std::move(picked->lease);
      const RetryPolicy defaults;
      const RetryPolicy& policy = limits.retry_policy != nullptr ? *limits.retry_policy : defaults;
      const absl::Duration backoff =
          BackoffDelay(policy, before.attempts(), UnitInterval(random_.Next()));
      if (clock_.Now() + backoff >= limits.deadline) {
        return absl::DeadlineExceededError("the next backoff would end after the deadline");
      }
      result = Wait{};  // gives the lease back
      memory = before;
      SleepUntil(clock_.Now() + backoff);
      has_backed_off = true;
      continue;
    }
    const auto* unavailable = std::get_if<Unavailable>(&result);
    if (unavailable != nullptr && !limits.waits_for_ready) return unavailable->status;
    if (WaitForChange(seen, limits.deadline)) continue;
    return absl::DeadlineExceededError(
        absl::StrCat(target_.ToString(), ": no endpoint before the deadline: ",
                     unavailable != nullptr ? unavailable->status.message() : "not resolved yet"));
  }
}

absl::Status BalancedClient::RunAttempt(
    Lease lease, CallMemory& memory, const Limits& limits,
    absl::FunctionRef<absl::Status(const Attempt&)> attempt) const {
  const absl::Time start = clock_.Now();
  const std::shared_ptr<const Endpoint> endpoint = lease.latest_endpoint();
  Attempt one_try{*endpoint, memory.attempts(), limits.deadline};
  if (limits.retry_policy != nullptr && limits.retry_policy->per_attempt_recv_timeout) {
    one_try.deadline =
        std::min(one_try.deadline, start + *limits.retry_policy->per_attempt_recv_timeout);
  }
  absl::Status status = attempt(one_try);
  Outcome outcome = MakeOutcome(status, clock_.Now() - start);
  outcome.time_allowed = one_try.deadline - start;
  lease.Report(outcome, memory);
  return status;
}

bool BalancedClient::MayRetry(const absl::Status& status, uint32_t attempts, const Limits& limits) {
  if (limits.retry_policy != nullptr) {
    return attempts < limits.retry_policy->max_attempts &&
           (IsUnprocessed(status) || limits.retry_policy->IsRetryable(status.code()));
  }
  return attempts < kUnprocessedAttempts && IsUnprocessed(status);
}

uint64_t BalancedClient::changes() const {
  MutexLock lock(mutex_);
  return changes_;
}

void BalancedClient::OnPickable() {
  MutexLock lock(mutex_);
  ++changes_;
  changed_.NotifyAll();
}

bool BalancedClient::WaitForChange(uint64_t seen, absl::Time deadline) {
  MutexLock lock(mutex_);
  while (changes_ == seen && !is_shut_down_) {
    if (deadline == absl::InfiniteFuture()) {
      changed_.Wait(mutex_);
      continue;
    }
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return changes_ != seen;
}

void BalancedClient::SleepUntil(absl::Time deadline) {
  MutexLock lock(mutex_);
  while (!is_shut_down_) {
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) return;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
}

}  // namespace nines
