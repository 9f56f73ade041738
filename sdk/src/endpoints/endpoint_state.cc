// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_state.h"

#include <algorithm>

#include "endpoints/latency.h"
#include "endpoints/state_arena.h"

namespace nines {
namespace {

uint64_t NextEndpointId() {
  static std::atomic<uint64_t> last_id{0};
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

EndpointState::EndpointState(std::unique_ptr<const Cold> cold, uint32_t flags)
    : flags_(flags | kKnown),
      weight_(std::max(cold->endpoint.weight, 1u)),
      id_(NextEndpointId()),
      cold_(std::move(cold)) {}

void EndpointState::Destroy() { StateArena::Destroy(this); }

// Makes the lease just taken the trial, or gives it back.
EndpointState::Grant EndpointState::TryTrial(uint32_t flags, uint32_t mask) {
  // Losing the race for the trial is a refusal only where the mask says that a busy trial is.
  if (flags_.compare_exchange_strong(flags, flags | kTrialBusy, std::memory_order_relaxed)) {
    return (flags & kTrialBusy) == 0 ? Grant::kTrial : Grant::kCall;
  }
  if ((flags & mask) == 0) return Grant::kCall;
  Unlease();
  return Grant::kNone;
}

void EndpointState::Report(const Hold& hold, const Outcome& outcome, CallMemory* memory) {
  if (ABSL_PREDICT_TRUE(outcome.status.ok() || outcome.outcome_class.has_value())) {
    return ReportJudged(hold, outcome, memory);
  }
  Outcome judged = outcome;
  judged.outcome_class = cold_->listener->Judge(*this, outcome);
  ReportJudged(hold, judged, memory);
}

void EndpointState::ReportJudged(const Hold& hold, const Outcome& outcome, CallMemory* memory) {
  if (ABSL_PREDICT_FALSE(outcome.load.has_value())) cold_->load_reports.Add(*outcome.load);
  const float before = latency();
  const float typical = typical_latency();
  const float after = LatencyAfter(before, outcome, typical);
  // Written only if it changed, and of two reports at once one may be lost: an average can bear it.
  if (after != before) set_latency(after);
  if (IsAnswer(outcome)) {
    const float next = TypicalLatencyAfter(typical, NanosecondsOf(outcome.latency));
    if (next != typical) set_typical_latency(next);
  }
  if (hold.grant == Grant::kCall && ClassOf(outcome) == OutcomeClass::kSuccess) {
    // Read first: in good times the line's content stays as it is.
    if (is_failing() && hold.generation == generation()) ResetConsecutiveFailures();
  } else {
    Learn(hold, outcome, memory);
  }
  if (ABSL_PREDICT_FALSE(leases_.End(LeaseCount::Ending::kReported, hold.ends_in))) Destroy();
}

void EndpointState::Learn(const Hold& hold, const Outcome& outcome, CallMemory* memory) {
  const OutcomeClass outcome_class = ClassOf(outcome);
  if (outcome_class == OutcomeClass::kOverload) {
    cold_->overloads.fetch_add(1, std::memory_order_relaxed);
  }
  const bool is_failure = outcome_class == OutcomeClass::kServerFault;
  if (is_failure && memory != nullptr && IsCallToBlame(*memory)) {
    Outcome neutral = outcome;
    neutral.outcome_class = OutcomeClass::kNeutral;
    return Learn(hold, neutral, nullptr);
  }
  if (IsGivenUp(outcome)) {
    cold_->given_up.fetch_add(1, std::memory_order_relaxed);
    if (outcome.is_overtaken) cold_->overtaken.fetch_add(1, std::memory_order_relaxed);
  }
  if (is_failure) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    cold_->listener->OnFailure(*this, outcome);
  }
  if (hold.generation != generation()) return;
  if (hold.grant == Grant::kTrial) {
    cold_->listener->OnTrialEnd(*this, outcome);
  } else if (is_failure) {
    const uint32_t run = consecutive_failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    const uint32_t threshold = cold_->listener->failure_threshold();
    if (threshold != 0 && run % threshold == 0) cold_->listener->OnFailureThreshold(*this, outcome);
  }
}

// Notes the failure that is being reported in the call's memory.
bool EndpointState::IsCallToBlame(CallMemory& memory) {
  if (memory.is_query_of_death()) return true;
  return memory.AddFailure({id_, answered()}) && cold_->listener->IsCallToBlame(memory);
}

void EndpointState::WithdrawFailure() {
  failures_.fetch_sub(1, std::memory_order_relaxed);
  // If it is the whole run: a longer one is others' failures, too.
  uint32_t only_this = 1;
  consecutive_failures_.compare_exchange_strong(only_this, 0, std::memory_order_relaxed);
}

void EndpointState::BeginGeneration() {
  generation_.fetch_add(1, std::memory_order_relaxed);
  ResetConsecutiveFailures();
}

}  // namespace nines
