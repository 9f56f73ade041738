// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/health_engine.h"

#include <algorithm>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "health/make_event.h"

namespace nines {
namespace {

constexpr uint32_t kOutcomeFlags =
    EndpointState::kEjected | EndpointState::kTrial | EndpointState::kTrialBusy;

}  // namespace

absl::Duration EjectionDuration(const OutlierDetectionConfig& config, uint32_t multiplier) {
  return std::min(config.base_ejection_time * multiplier,
                  std::max(config.base_ejection_time, config.max_ejection_time));
}

HealthEngine::HealthEngine(const EndpointTable& table, RandomSource& random, Emit emit)
    : table_(table), random_(random), emit_(std::move(emit)), overrides_(emit_) {}

void HealthEngine::Configure(const BalancerConfig& config, absl::Time now) {
  if (interval_begin_ == absl::InfinitePast()) interval_begin_ = now;
  config_ = config.outlier_detection;
  is_probing_ = config.health_check.has_value();
  detector_.Configure(config_);
  slowness_.Configure(config_);
  stalls_.Configure(config_.stall);
  guards_.Configure(config_.max_ejection_percent);
  shares_.Configure(config);
  panic_.Configure(config.panic, config.tier_overprovisioning_factor);
  next_tick_ = absl::InfinitePast();  // slow starts under way have another share now
}

void HealthEngine::OnAdded(EndpointRecord& record, absl::Time now) {
  record.since = now;
  record.reason = Reason();
  baseline_.Restart(*record.state);
  if (record.endpoint.is_lame) record.state->SetFlags(EndpointState::kLame);
  counts_.Add(*record.state);
  Obey(record, "new", now);
}

void HealthEngine::UpdateLame(absl::Time now) {
  for (const auto& record : table_.records()) {
    constexpr uint32_t kLame = EndpointState::kLame;
    const bool is_lame = record->endpoint.is_lame;
    if (is_lame == ((record->state->flags() & kLame) != 0)) continue;
    counts_.ChangeFlags(*record, is_lame ? kLame : 0, is_lame ? 0 : kLame);
    if (emit_ == nullptr) continue;
    emit_(MakeEvent(is_lame ? Event::Kind::kEndpointLame : Event::Kind::kEndpointListed,
                    is_lame ? kWhyLame : "", now, record->endpoint.address));
  }
}

void HealthEngine::OnFailureThreshold(EndpointRecord& record, const Outcome& outcome,
                                      absl::Time now) {
  if (ProvesNothing(outcome, now)) return record.state->ResetConsecutiveFailures();
  record.failed_at = now;
  // Others may have ended since, and the threshold may be another one.
  const uint32_t threshold = std::max(config_.consecutive_failures, uint32_t{1});
  const uint32_t failures =
      std::max(threshold, record.state->consecutive_failures() / threshold * threshold);
  if (detector_.IsChance(failures)) return;  // until as many more have failed
  if (HoldsBack(record, outcome.status, now)) return;
  EjectIfAllowed(
      record,
      {.words = "consecutive failures, the last", .count = failures, .last = outcome.status}, now);
}

void HealthEngine::OnTrialEnd(EndpointRecord& record, const Outcome& outcome, absl::Time now) {
  const uint32_t flags = record.state->flags();
  // A person may have taken it out since the call ended.
  if ((flags & EndpointState::kTrial) == 0 || (flags & EndpointState::kTakenOutFlags) != 0) return;
  switch (ClassOf(outcome)) {
    case OutcomeClass::kSuccess:
      if (record.is_slow && slowness_.IsSlow(outcome.latency)) {
        Eject(record,
              {.words = "its trial call was slow", .figures = slowness_.Figures(outcome.latency)},
              now);
        record.is_slow = true;
        return;
      }
      record.decay_due = now + config_.base_ejection_time;
      record.are_probes_refuted = false;
      Change(record, 0, kOutcomeFlags, {.words = "its trial call succeeded"}, now);
      record.state->ResetConsecutiveFailures();
      BeginSlowStart(record, now);
      return;
    case OutcomeClass::kServerFault:
      // No cap: it has been out since the ejection that it allowed.
      if (!correlated_.is_frozen() && !ProvesNothing(outcome, now)) {
        record.are_probes_refuted |= record.is_trial_by_probes;
        returns_.OnTrialFailed();
        return Eject(record, {.words = "its trial call failed", .last = outcome.status}, now);
      }
      ABSL_FALLTHROUGH_INTENDED;
    case OutcomeClass::kOverload:
    case OutcomeClass::kNeutral:
      // Says nothing of the endpoint: the next call is the trial.
      record.trial_until = absl::InfiniteFuture();
      record.state->ClearFlags(EndpointState::kTrialBusy);
      return;
  }
}

void HealthEngine::NoteFailures(EndpointRecord& record, absl::Time now) {
  const uint32_t failures = record.state->failures();
  if (std::exchange(record.failures_seen, failures) != failures) record.last_failure = now;
}

void HealthEngine::OnProbe(EndpointRecord& record, const HealthCheckConfig& config,
                           const ProbeResult& probe, absl::Time now) {
  if (absl::IsResourceExhausted(probe.status)) return;  // our own want, not the endpoint's
  if (absl::IsUnimplemented(probe.status)) return OnProbeUnsupported(record, probe, now);
  record.is_probe_unsupported = false;
  if (probe.status.ok()) return OnGoodProbe(record, config, probe, now);
  record.probe_successes = 0;
  record.last_error = probe.status;
  const uint32_t threshold = record.endpoint.is_lame ? 1 : config.unhealthy_threshold;
  if (++record.probe_failures < threshold) return;
  Change(record, EndpointState::kProbeFailed, 0,
         {.words = "probes failed, the last",
          .count = record.probe_failures,
          .prober = probe.kind,
          .last = probe.status},
         now);
}

void HealthEngine::OnGoodProbe(EndpointRecord& record, const HealthCheckConfig& config,
                               const ProbeResult& probe, absl::Time now) {
  NoteFailures(record, now);
  // What failed calls, or stalled them, may have come after it.
  if (probe.began <= std::max(record.last_failure, record.ejected_at)) return;
  record.probe_failures = 0;
  if (++record.probe_successes < config.healthy_threshold) return;
  const bool is_return = (record.state->flags() & EndpointState::kProbeFailed) != 0;
  Change(record, 0, EndpointState::kProbeFailed,
         {.words = "probes succeeded", .count = record.probe_successes, .prober = probe.kind}, now);
  if (is_return) {
    baseline_.Restart(*record.state);
    BeginSlowStart(record, now);
  }
  if (!MayReturnEarly(record, now)) return;
  BeginTrial(record,
             {.words = "probes succeeded, on trial before its time",
              .count = record.probe_successes,
              .prober = probe.kind},
             now);
  record.is_trial_by_probes = true;
}

// Repeats make ejections long, and the endpoint may be well again long before. Not if probes said
// so of it before, and the trial failed: they do not see what ails it.
bool HealthEngine::MayReturnEarly(const EndpointRecord& record, absl::Time now) const {
  return (record.state->flags() & EndpointState::kEjected) != 0 && !record.are_probes_refuted &&
         now >= record.ejected_at + config_.base_ejection_time;
}

// Not to be asked is not to be ill: what probes said before, of a server that could be asked, does
// not hold either, or it would hold for ever.
void HealthEngine::OnProbeUnsupported(EndpointRecord& record, const ProbeResult& probe,
                                      absl::Time now) {
  record.probe_successes = 0;
  record.probe_failures = 0;
  Change(record, 0, EndpointState::kProbeFailed,
         {.words = "health checks are not offered by it", .prober = probe.kind}, now);
  if (std::exchange(record.is_probe_unsupported, true) || emit_ == nullptr) return;
  const Reason reason{
      .words = "health checks tell nothing", .prober = probe.kind, .last = probe.status};
  emit_(MakeEvent(Event::Kind::kProbeUnsupported, reason.ToString(), now, record.endpoint.address));
}

void HealthEngine::ForgetProbes(absl::Time now) {
  for (const auto& record : table_.records()) {
    record->probe_successes = 0;
    record->probe_failures = 0;
    record->is_probe_unsupported = false;
    Change(*record, 0, EndpointState::kProbeFailed, {.words = "health checking is off"}, now);
  }
}

void HealthEngine::Tick(absl::Time now) {
  next_tick_ = absl::InfiniteFuture();
  TickOverrides(now);
  for (const auto& record : table_.records()) {
    NoteFailures(*record, now);
    TickEjection(*record, now);
    TickBy(shares_.Update(*record, now));
  }
  if (now >= interval_begin_ + config_.interval) EndInterval(now);
  TickBy(interval_begin_ + config_.interval);
  if (now >= slowness_.next_look()) LookForSlowness(now);
  TickBy(slowness_.next_look());
  LookAtFreeze(now);
}

void HealthEngine::EndInterval(absl::Time now) {
  const absl::Time begin = std::exchange(interval_begin_, now);
  const absl::Duration length = now - begin;
  baseline_.Tick(table_);
  for (const auto& record : table_.records()) {
    std::optional<Event> event = shares_.EndInterval(*record, {length, now, baseline_.typical()});
    if (event.has_value() && emit_ != nullptr) emit_(*std::move(event));
  }
  const bool proves_nothing = stalls_.standstill().Within(begin, now) >= length / 2;
  for (Suspect& suspect : detector_.EndInterval(table_.records(), length)) {
    if (proves_nothing || HoldsBack(*suspect.record, suspect.record->last_error, now)) continue;
    EjectSuspect(std::move(suspect), now);
  }
  if (slowness_.is_on()) LookForSlowness(now);
}

void HealthEngine::LookForSlowness(absl::Time now) {
  for (Suspect& suspect : slowness_.Look(table_.records(), now)) {
    EndpointRecord& record = *suspect.record;
    EjectSuspect(std::move(suspect), now);
    record.is_slow = (record.state->flags() & EndpointState::kEjected) != 0;
  }
}

void HealthEngine::EjectSuspect(Suspect suspect, absl::Time now) {
  if (random_.Next() % 100 < suspect.enforcement_percentage) {
    return EjectIfAllowed(*suspect.record, std::move(suspect.reason), now);
  }
  absl::StrAppend(&suspect.reason.figures, "; enforcementPercentage is ",
                  suspect.enforcement_percentage);
  Spare(*suspect.record, Event::Kind::kEjectionNotEnforced, suspect.reason, now);
}

bool HealthEngine::LookForStalls(absl::Time now) {
  bool is_news = false;
  const absl::Duration usual_latency = absl::Nanoseconds(baseline_.median());
  for (Suspect& suspect : stalls_.Look(table_.records(), usual_latency, now)) {
    EndpointRecord& record = *suspect.record;
    EjectIfAllowed(record, std::move(suspect.reason), now);
    record.is_stalled = (record.state->flags() & EndpointState::kEjected) != 0;
    is_news = true;
  }
  for (const auto& record : table_.records()) {
    // Answers, and not failures by timeout: it was only slow, or is back already.
    if (!record->is_stalled || record->stall.answered <= record->since) continue;
    BeginTrial(*record, {.words = "its calls are answered again, on trial"}, now);
    is_news = true;
  }
  return is_news;
}

void HealthEngine::TickEjection(EndpointRecord& record, absl::Time now) {
  const uint32_t flags = record.state->flags();
  if ((flags & EndpointState::kEjected) != 0) {
    if (record.ejected_until > now) return TickBy(record.ejected_until);
    if (!returns_.TryBegin(now)) return TickBy(returns_.next_step());
    BeginTrial(record, {.words = "ejection time over, on trial"}, now);
  } else if ((flags & EndpointState::kTrialBusy) != 0) {
    // A trial call that never ends (a long stream) must not keep the endpoint from others.
    if (record.trial_until == absl::InfiniteFuture()) {
      record.trial_until = now + config_.base_ejection_time;
    } else if (record.trial_until <= now) {
      record.trial_until = absl::InfiniteFuture();
      record.state->ClearFlags(EndpointState::kTrialBusy);
    }
  } else if (record.ejection_multiplier > 0 && record.decay_due <= now) {
    --record.ejection_multiplier;
    record.decay_due = now + config_.base_ejection_time;
  }
}

void HealthEngine::BeginSlowStart(EndpointRecord& record, absl::Time now) {
  TickBy(shares_.BeginSlowStart(record, now));
}

void HealthEngine::UpdatePanic(absl::Time now) {
  std::optional<Event> event = panic_.Update(counts_, now);
  if (event.has_value() && emit_ != nullptr) emit_(*std::move(event));
}

void HealthEngine::EjectIfAllowed(EndpointRecord& record, Reason reason, absl::Time now) {
  const uint32_t flags = record.state->flags();
  // How the last calls of one that is taken out end says nothing of what comes back.
  constexpr uint32_t kOut = EndpointState::kTakenOutFlags;
  if ((flags & (EndpointState::kEjected | EndpointState::kTrial | kOut)) != 0) return;
  if ((flags & EndpointState::kForcedHealthy) != 0) {
    return Spare(record, Event::Kind::kEjectionNotEnforced, reason, now);
  }
  if (guards_.MayEject(*record.state, counts_, counts_.in_service())) {
    record.lost_at = now;
    return Eject(record, std::move(reason), now);
  }
  Spare(record, Event::Kind::kEjectionSpared, reason, now);
}

void HealthEngine::Eject(EndpointRecord& record, Reason reason, absl::Time now) {
  const uint32_t multiplier = ++record.ejection_multiplier;
  const absl::Duration duration = EjectionDuration(config_, multiplier);
  record.ejected_at = now;
  record.ejected_until = now + duration;
  record.probe_successes = 0;                 // of before; those that count begin after
  record.decay_due = absl::InfiniteFuture();  // not before it is back
  record.trial_until = absl::InfiniteFuture();
  record.is_stalled = false;
  record.is_slow = false;
  TickBy(record.ejected_until);
  shares_.Restore(record);
  reason.ejected_for = duration;
  // Before the flag: a report that sees the new generation must not count an old failure.
  record.state->BeginGeneration();
  Change(record, EndpointState::kEjected, EndpointState::kTrial | EndpointState::kTrialBusy,
         std::move(reason), now);
}

void HealthEngine::Spare(EndpointRecord& record, Event::Kind kind, const Reason& reason,
                         absl::Time now) {
  if (emit_ == nullptr || now < record.spared_until) return;
  record.spared_until = now + config_.base_ejection_time;
  Event event = MakeEvent(kind, reason.ToString(), now, record.endpoint.address);
  if (kind == Event::Kind::kEjectionSpared) {
    absl::StrAppend(&event.reason, "; ", guards_.WhyNot(counts_, counts_.in_service()));
  } else if ((record.state->flags() & EndpointState::kForcedHealthy) != 0) {
    absl::StrAppend(&event.reason, "; it is forced healthy by hand");
  }
  emit_(std::move(event));
}

void HealthEngine::BeginTrial(EndpointRecord& record, Reason reason, absl::Time now) {
  record.is_stalled = false;
  record.is_trial_by_probes = false;
  record.state->ResetConsecutiveFailures();
  baseline_.Restart(*record.state);  // else nobody who compares loads would give it the trial
  Change(record, EndpointState::kTrial, EndpointState::kEjected | EndpointState::kTrialBusy,
         std::move(reason), now);
}

void HealthEngine::Change(EndpointRecord& record, uint32_t set, uint32_t clear, Reason reason,
                          absl::Time now) {
  const EndpointState& state = *record.state;
  const uint32_t flags = state.flags();
  if ((flags & EndpointState::kForcedHealthy) != 0) set &= ~EndpointState::kVerdictFlags;
  const HealthState before = HealthStateOf(state);
  counts_.ChangeFlags(record, set, clear);
  const HealthState after = HealthStateOf(state);
  KeepVerdictReason(record, flags, set, reason);
  if (record.hidden_reason != nullptr && StateByHealth(flags) != StateByHealth(state.flags())) {
    *record.hidden_reason = reason;
  }
  if (before == after) return;
  record.reason = std::move(reason);
  record.since = now;
  if (emit_ == nullptr) return;
  Event event =
      MakeEvent(Event::Kind::kStateChanged, record.reason.ToString(), now, record.endpoint.address);
  event.from = before;
  event.to = after;
  emit_(std::move(event));
}

}  // namespace nines
