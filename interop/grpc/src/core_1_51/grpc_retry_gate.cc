// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/grpc_retry_gate.h"

#include <algorithm>
#include <cmath>

#include "nines/clock.h"

namespace nines {
namespace {

// gRPC counts time in milliseconds and sends what is left so: an attempt with less has none.
constexpr absl::Duration kLeastAttempt = absl::Milliseconds(1);

// By how much gRPC may shorten a backoff (gRFC A6: 0.8 to 1.2 of it).
constexpr double kLeastJitter = 0.8;

}  // namespace

absl::Duration LeastWait(const PerCall& call) {
  if (call.wait.has_value()) return *call.wait;
  const auto& policy = *call.retry_policy;
  const double backoff = static_cast<double>(policy.initial_backoff().millis()) *
                         std::pow(policy.backoff_multiplier(), call.backoffs);
  const double longest = static_cast<double>(policy.max_backoff().millis());
  return absl::Milliseconds(kLeastJitter * std::min(backoff, longest));
}

bool GrpcRetryGate::ShouldRetry() {
  call_.GiveBackUnlessBegun();  // a pick that failed is none
  const NextStep step = Decide();
  const bool is_retry = std::holds_alternative<AttemptReason>(*step);
  if (is_retry) {
    call_.backoffs = call_.wait.has_value() ? 0 : call_.backoffs + 1;
    call_.given_up = call_.log.count();
  }
  call_.wait.reset();
  call_.is_hopeless = false;
  call_.SetNext(step);
  return is_retry;
}

NextStep GrpcRetryGate::Decide() {
  if (call_.memory.is_query_of_death()) return CallEnd::kQueryOfDeath;
  const absl::Duration wait = LeastWait(call_);  // without a policy, nobody asks
  const absl::Time now = ProcessClock().Now();
  const bool is_late = call_.is_hopeless || now + wait + kLeastAttempt > call_.deadline;
  if (is_late) return CallEnd::kDeadline;
  // Last: what it counts is made.
  if (!call_.retry_budget->TryWithdraw(now)) return CallEnd::kBudgetExhausted;
  call_.withdrawn = now;
  if (wait == absl::ZeroDuration()) return AttemptReason::kFailure;
  return call_.wait.has_value() ? AttemptReason::kPushback : AttemptReason::kRepeat;
}

}  // namespace nines
