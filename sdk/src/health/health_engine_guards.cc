// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What HealthEngine does not hold against an endpoint: failures that our own side, or the call
// itself, may have caused.

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "health/health_engine.h"
#include "health/make_event.h"

namespace nines {

bool HealthEngine::OnFailure(EndpointRecord& record, const Outcome& outcome, absl::Time now) {
  record.last_error = outcome.status;
  NoteFailures(record, now);
  if (CorrelatedFailures::MayBeOurs(outcome.status)) record.failed_at = now;
  if (record.endpoint.is_lame && EjectIfLost(record, outcome, now)) return true;
  if (!record.is_held || correlated_.is_frozen()) return false;
  if (!record.state->is_failing()) {
    record.is_held = false;  // it answered, too
    return false;
  }
  if (ProvesNothing(outcome, now)) return false;
  record.is_held = false;
  EjectIfAllowed(record, {.words = "fails on when others answer", .last = outcome.status}, now);
  return true;
}

// At the first failure to reach it, and at the second in a row of another kind: endpoints that
// serve have single failures, and lame ones are mostly many.
bool HealthEngine::EjectIfLost(EndpointRecord& record, const Outcome& outcome, absl::Time now) {
  if (!absl::IsUnavailable(outcome.status) && !record.state->is_failing()) return false;
  if (ProvesNothing(outcome, now) || HoldsBack(record, outcome.status, now)) return false;
  EjectIfAllowed(record, {.words = "lame, and it failed", .last = outcome.status}, now);
  return (record.state->flags() & EndpointState::kEjected) != 0;
}

bool HealthEngine::IsCallToBlame(const CallMemory& memory, absl::Time now) {
  const std::optional<std::string> failed = QueryOfDeath::Judge(table_.records(), memory);
  if (!failed.has_value()) return false;
  // Who sends one often sends many.
  if (emit_ == nullptr || now < query_of_death_said_ + config_.base_ejection_time) return true;
  query_of_death_said_ = now;
  emit_(
      MakeEvent(Event::Kind::kQueryOfDeath,
                absl::StrCat("one call failed on ", *failed,
                             ", where others do not fail: it is given up, and counts against none"),
                now));
  return true;
}

bool HealthEngine::ProvesNothing(const Outcome& outcome, absl::Time now) {
  if (!CorrelatedFailures::MayBeOurs(outcome.status)) return false;
  if (outcome.latency == absl::ZeroDuration()) return false;  // not measured
  const absl::Time begin = now - outcome.latency;
  if (begin < correlated_.thawed_at()) return true;
  const absl::Duration stood_still = stalls_.standstill().Within(begin, now);
  if (stood_still < outcome.latency / 2) return false;
  SayStandstill(stood_still, now);
  return true;
}

// Once for all the calls that it ended.
void HealthEngine::SayStandstill(absl::Duration stood_still, absl::Time now) {
  if (emit_ == nullptr || now < standstill_said_ + config_.base_ejection_time) return;
  standstill_said_ = now;
  emit_(MakeEvent(
      Event::Kind::kProcessStoodStill,
      absl::StrCat("for ", absl::FormatDuration(absl::Trunc(stood_still, absl::Milliseconds(1))),
                   ": what timed out meanwhile is held against no endpoint"),
      now));
}

bool HealthEngine::HoldsBack(EndpointRecord& record, const absl::Status& last, absl::Time now) {
  if (!CorrelatedFailures::MayBeOurs(last)) return false;
  if (std::optional<Event> begun = correlated_.Judge(table_.records(), now)) {
    if (emit_ != nullptr) emit_(*std::move(begun));
    TickBy(correlated_.next_look());
    UndoRashEjections(now);
  }
  record.is_held = correlated_.is_frozen();
  return record.is_held;
}

void HealthEngine::UndoRashEjections(absl::Time now) {
  for (const auto& record : table_.records()) {
    const bool is_ejected = (record->state->flags() & EndpointState::kEjected) != 0;
    // A stall is one only where others answer: it stays.
    if (!is_ejected || record->is_stalled) continue;
    if (now - record->lost_at > CorrelatedFailures::kShortlyBefore) continue;
    --record->ejection_multiplier;
    record->decay_due = now + config_.base_ejection_time;
    baseline_.Restart(*record->state);
    Change(*record, 0, EndpointState::kEjected,
           {.words = "ejected shortly before nearly all others failed, too"}, now);
  }
}

void HealthEngine::LookAtFreeze(absl::Time now) {
  std::optional<Event> event = correlated_.Look(table_.records(), now);
  if (event.has_value() && emit_ != nullptr) emit_(*std::move(event));
  TickBy(correlated_.next_look());
}

}  // namespace nines
