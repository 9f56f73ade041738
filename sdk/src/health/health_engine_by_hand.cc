// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the engine does on a person's word: the inputs that beat all others.

#include <memory>
#include <string>
#include <utility>

#include "health/health_engine.h"

namespace nines {
namespace {

constexpr uint32_t kByHandFlags = EndpointState::kTakenOutFlags | EndpointState::kForcedHealthy;

Reason ByHand(const Override& wish) {
  Reason reason;
  reason.words = "by hand";
  reason.figures = FormatOverride(wish);
  return reason;
}

}  // namespace

absl::Status HealthEngine::SetOverride(const std::string& address, const Override& wish,
                                       absl::Time now) {
  absl::Status status = overrides_.Set(address, wish, now);
  if (!status.ok()) return status;
  EndpointRecord* record = table_.Find(address);
  if (record != nullptr) {
    Obey(*record, wish.is_clear() ? "override cleared by hand" : "override replaced by hand", now);
  }
  TickBy(overrides_.NextDue());
  return absl::OkStatus();
}

void HealthEngine::TickOverrides(absl::Time now) {
  for (const std::string& address : overrides_.Expire(now)) {
    EndpointRecord* record = table_.Find(address);
    if (record != nullptr) Obey(*record, "override expired", now);
  }
  overrides_.LookForDrained(table_, now);
  TickBy(overrides_.NextDue());
}

void HealthEngine::Obey(EndpointRecord& record, const char* ended, absl::Time now) {
  const Overrides::Entry* entry = overrides_.Find(record.endpoint.address);
  const Override wish = entry != nullptr ? entry->wish : Override();
  Weigh(record, wish.weight.value_or(0));
  switch (wish.mode) {
    case Override::Mode::kNone:
      return LeaveToHealth(record, ended, now);
    case Override::Mode::kDrain:
      TakeOut(record, EndpointState::kDraining, wish, now);
      return overrides_.WatchDrain(record.endpoint.address, now);
    case Override::Mode::kDisable:
      return TakeOut(record, EndpointState::kDisabled, wish, now);
    case Override::Mode::kForceHealthy:
      return ForceHealthy(record, wish, now);
  }
}

void HealthEngine::Weigh(EndpointRecord& record, uint32_t weight_by_hand) {
  if (record.weight_by_hand == weight_by_hand) return;
  record.weight_by_hand = weight_by_hand;
  record.state->set_weight(record.weight());
  is_weight_changed_ = true;
}

// Connectivity, probes and time go on beneath it, so that what comes back is in the state it
// deserves.
void HealthEngine::TakeOut(EndpointRecord& record, uint32_t flag, const Override& wish,
                           absl::Time now) {
  if (record.hidden_reason == nullptr) {
    record.hidden_reason = std::make_unique<Reason>(record.reason);
    record.trial_until = absl::InfiniteFuture();
    // As for an ejection: outcomes of calls under way, a trial's too, change nothing.
    record.state->BeginGeneration();
  }
  Change(record, flag, (kByHandFlags & ~flag) | EndpointState::kTrialBusy, ByHand(wish), now);
  record.reason = ByHand(wish);  // also if it was in that state before, for another reason
}

void HealthEngine::ForceHealthy(EndpointRecord& record, const Override& wish, absl::Time now) {
  const uint32_t flags = record.state->flags();
  constexpr uint32_t kOut = EndpointState::kTakenOutFlags | EndpointState::kVerdictFlags;
  record.hidden_reason.reset();
  record.is_stalled = false;
  if (record.ejection_multiplier > 0) record.decay_due = now + config_.base_ejection_time;
  Change(record, EndpointState::kForcedHealthy, kOut, ByHand(wish), now);
  if (HealthStateOf(*record.state) == HealthState::kHealthy) record.reason = ByHand(wish);
  if ((flags & kOut) != 0) ReturnToService(record, now);
}

void HealthEngine::LeaveToHealth(EndpointRecord& record, const char* ended, absl::Time now) {
  const uint32_t flags = record.state->flags();
  if ((flags & kByHandFlags) == 0) return;
  const std::unique_ptr<Reason> hidden = std::move(record.hidden_reason);
  Reason reason{.words = ended};
  const bool is_healthy = StateByHealth(flags) == HealthState::kHealthy;
  if (!is_healthy && hidden != nullptr) reason = std::move(*hidden);
  Change(record, 0, kByHandFlags, reason, now);
  if (is_healthy) record.reason = std::move(reason);
  if ((flags & EndpointState::kTakenOutFlags) != 0) ReturnToService(record, now);
}

void HealthEngine::ReturnToService(EndpointRecord& record, absl::Time now) {
  record.state->ResetConsecutiveFailures();
  baseline_.Restart(*record.state);
  BeginSlowStart(record, now);
}

}  // namespace nines
