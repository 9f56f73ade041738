// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What Balancer::Core hears of leases' ends: only those that may change an endpoint's state come
// here.

#include "balancing/balancer_core.h"

namespace nines {

EndpointRecord* Balancer::Core::FindLocked(const EndpointState& state) const {
  EndpointRecord* record = table_.Find(state.endpoint().address);
  // The address may have gone and come back: then this state is of its former life.
  return record != nullptr && record->state.get() == &state ? record : nullptr;
}

void Balancer::Core::OnFailure(EndpointState& state, const Outcome& outcome) {
  // A report never waits for this: the next failure tells as much, and ticks find out too that
  // calls have failed.
  if (!mutex_.TryLock()) return;
  EndpointRecord* record = FindLocked(state);  // none after shutdown: the clock may have gone
  const bool is_news = record != nullptr && engine_.OnFailure(*record, outcome, clock_.Now());
  if (is_news) SettleLocked(clock_.Now());
  const bool is_tick_late = is_news && engine_.NextTick() < tick_due_;
  mutex_.Unlock();
  if (is_news) notifier_.Deliver();
  if (is_tick_late) PostToLoop(&Core::ArmTickOnLoop);
}

void Balancer::Core::SettleReport(EngineReport report, EndpointState& state,
                                  const Outcome& outcome) {
  Settle([&](absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    EndpointRecord* record = FindLocked(state);
    if (record == nullptr) return false;
    (engine_.*report)(*record, outcome, now);
    return true;
  });
}

void Balancer::Core::OnFailureThreshold(EndpointState& state, const Outcome& outcome) {
  SettleReport(&HealthEngine::OnFailureThreshold, state, outcome);
}

void Balancer::Core::OnTrialEnd(EndpointState& state, const Outcome& outcome) {
  SettleReport(&HealthEngine::OnTrialEnd, state, outcome);
}

void Balancer::Core::OnTrialDropped(EndpointState& state) {
  {
    MutexLock lock(mutex_);
    EndpointRecord* record = FindLocked(state);
    if (record == nullptr) return;
    const absl::Time now = clock_.Now();
    engine_.OnTrialEnd(*record, MakeOutcome(absl::CancelledError("dropped")), now);
    SettleLocked(now);
  }
  PostToLoop(&Core::DeliverOnLoop);
}

bool Balancer::Core::IsCallToBlame(CallMemory& memory) {
  // Most calls never fail so often: no lock for them.
  if (memory.failures().size() < QueryOfDeath::kEndpoints) return false;
  {
    MutexLock lock(mutex_);
    if (loop_ == nullptr || !engine_.IsCallToBlame(memory, clock_.Now())) return false;
  }
  memory.MarkQueryOfDeath();
  notifier_.Deliver();
  return true;
}

}  // namespace nines
