// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/health_engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "health/slow_start.h"

namespace nines {
namespace {

constexpr uint32_t kVerdicts =
    EndpointState::kEjected | EndpointState::kTrial | EndpointState::kTrialBusy;

// The flags that make an endpoint count as lost for panic.
constexpr uint32_t kUnhealthyFlags =
    EndpointState::kEjected | EndpointState::kProbeFailed | EndpointState::kConnectFailed;

// How often a slow start moves on: at the usual window of ten seconds, by one percent of the calls.
constexpr absl::Duration kSlowStartStep = absl::Milliseconds(100);

}  // namespace

HealthState HealthStateOf(const EndpointState& state) {
  const uint32_t flags = state.flags();
  if ((flags & EndpointState::kNotConnected) != 0) return HealthState::kConnecting;
  if ((flags & (EndpointState::kEjected | EndpointState::kProbeFailed)) != 0) {
    return HealthState::kEjected;
  }
  if ((flags & EndpointState::kTrial) != 0) return HealthState::kDegraded;
  return HealthState::kHealthy;
}

absl::Duration EjectionDuration(const OutlierDetectionConfig& config, uint32_t multiplier) {
  return std::min(config.base_ejection_time * multiplier,
                  std::max(config.base_ejection_time, config.max_ejection_time));
}

HealthEngine::HealthEngine(const EndpointTable& table, RandomSource& random, Emit emit)
    : table_(table), random_(random), emit_(std::move(emit)) {}

void HealthEngine::Configure(const BalancerConfig& config, absl::Time now) {
  if (interval_begin_ == absl::InfinitePast()) interval_begin_ = now;
  config_ = config.outlier_detection;
  detector_.Configure(config_);
  stalls_.Configure(config_.stall);
  panic_ = config.panic;
  slow_start_ = config.slow_start;
  tier_overprovisioning_factor_ = config.tier_overprovisioning_factor;
  next_tick_ = absl::InfinitePast();  // slow starts under way have another share now
}

void HealthEngine::OnAdded(EndpointRecord& record, absl::Time now) {
  record.since = now;
  record.reason = Reason();
  baseline_.Restart(*record.state);
  Count(*record.state, 1);
}

void HealthEngine::RecountTiers() {
  tiers_.assign(table_.tier_count(), TierCount());
  for (const auto& record : table_.records()) {
    ++tiers_[record->tier].known;
    CountInTier(*record, 1);
  }
}

void HealthEngine::OnRemoved(EndpointRecord& record) { Count(*record.state, -1u); }

void HealthEngine::OnConnectivity(EndpointRecord& record, Connectivity connectivity,
                                  const absl::Status& status, absl::Time now) {
  switch (connectivity) {
    case Connectivity::kConnecting:
      Change(record, EndpointState::kNotConnected, 0,
             {.words = "connection closed, connecting anew"}, now);
      return;
    case Connectivity::kFailed:
      record.last_error = status;
      Change(record, EndpointState::kNotConnected | EndpointState::kConnectFailed, 0,
             {.words = "connection failed", .last = status}, now);
      // Also if it was connecting before, which is no change of state.
      record.reason = {.words = "connection failed", .last = status};
      return;
    case Connectivity::kConnected:
      break;
  }
  const uint32_t flags = record.state->flags();
  const bool is_new_connection = (flags & EndpointState::kConnectFailed) != 0;
  Change(record, 0, EndpointState::kNotConnected | EndpointState::kConnectFailed,
         {.words = "connected"}, now);
  // What failed was another process, or another connection to it: it deserves a trial now.
  if (is_new_connection && (flags & EndpointState::kEjected) != 0) {
    BeginTrial(record, {.words = "connected anew after its ejection, on trial"}, now);
  }
  if (is_new_connection) {
    record.state->ResetConsecutiveFailures();
    baseline_.Restart(*record.state);
  }
  // A new endpoint's slow start begins when it can take calls.
  if (is_new_connection || record.ramp_start != absl::InfinitePast()) BeginSlowStart(record, now);
}

void HealthEngine::OnFailureThreshold(EndpointRecord& record, const Outcome& outcome,
                                      absl::Time now) {
  EjectIfAllowed(record,
                 {.words = "consecutive failures, the last",
                  .count = config_.consecutive_failures,
                  .last = outcome.status},
                 now);
}

void HealthEngine::OnTrialEnd(EndpointRecord& record, const Outcome& outcome, absl::Time now) {
  if ((record.state->flags() & EndpointState::kTrial) == 0) return;
  switch (outcome.outcome_class) {
    case OutcomeClass::kSuccess:
      record.decay_due = now + config_.base_ejection_time;
      Change(record, 0, kVerdicts, {.words = "its trial call succeeded"}, now);
      record.state->ResetConsecutiveFailures();
      BeginSlowStart(record, now);
      return;
    case OutcomeClass::kServerFault:
      // No guard: it has been out since the ejection that they allowed.
      return Eject(record, {.words = "its trial call failed", .last = outcome.status}, now);
    case OutcomeClass::kOverload:
    case OutcomeClass::kNeutral:
      // Says nothing of the endpoint: the next call is the trial.
      record.trial_until = absl::InfiniteFuture();
      record.state->ClearFlags(EndpointState::kTrialBusy);
      return;
  }
}

void HealthEngine::OnProbe(EndpointRecord& record, const char* kind,
                           const HealthCheckConfig& config, const absl::Status& result,
                           absl::Time now) {
  if (absl::IsResourceExhausted(result)) return;  // our own want, not the endpoint's
  if (absl::IsUnimplemented(result)) return OnProbeUnsupported(record, kind, result, now);
  record.is_probe_unsupported = false;
  if (result.ok()) {
    record.probe_failures = 0;
    if (++record.probe_successes < config.healthy_threshold) return;
    const bool is_return = (record.state->flags() & EndpointState::kProbeFailed) != 0;
    Change(record, 0, EndpointState::kProbeFailed,
           {.words = "probes succeeded", .count = record.probe_successes, .prober = kind}, now);
    if (is_return) {
      baseline_.Restart(*record.state);
      BeginSlowStart(record, now);
    }
    return;
  }
  record.probe_successes = 0;
  record.last_error = result;
  if (++record.probe_failures < config.unhealthy_threshold) return;
  Change(record, EndpointState::kProbeFailed, 0,
         {.words = "probes failed, the last",
          .count = record.probe_failures,
          .prober = kind,
          .last = result},
         now);
}

// Not to be asked is not to be ill: what probes said before, of a server that could be asked, does
// not hold either, or it would hold for ever.
void HealthEngine::OnProbeUnsupported(EndpointRecord& record, const char* kind,
                                      const absl::Status& result, absl::Time now) {
  record.probe_successes = 0;
  record.probe_failures = 0;
  Change(record, 0, EndpointState::kProbeFailed,
         {.words = "health checks are not offered by it", .prober = kind}, now);
  if (std::exchange(record.is_probe_unsupported, true) || emit_ == nullptr) return;
  Event event;
  event.kind = Event::Kind::kProbeUnsupported;
  event.time = now;
  event.address = record.endpoint.address;
  event.reason =
      Reason{.words = "health checks tell nothing", .prober = kind, .last = result}.ToString();
  emit_(std::move(event));
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
  for (const auto& record : table_.records()) {
    TickEjection(*record, now);
    if (record->ramp_start != absl::InfinitePast()) UpdateShare(*record, now);
  }
  if (now >= interval_begin_ + config_.interval) EndInterval(now);
  next_tick_ = std::min(next_tick_, interval_begin_ + config_.interval);
}

void HealthEngine::EndInterval(absl::Time now) {
  const absl::Duration length = now - std::exchange(interval_begin_, now);
  baseline_.Tick(table_);
  for (Suspect& suspect : detector_.EndInterval(table_.records(), length)) {
    if (random_.Next() % 100 < suspect.enforcement_percentage) {
      EjectIfAllowed(*suspect.record, std::move(suspect.reason), now);
      continue;
    }
    absl::StrAppend(&suspect.reason.figures, "; enforcementPercentage is ",
                    suspect.enforcement_percentage);
    Spare(*suspect.record, Event::Kind::kEjectionNotEnforced, suspect.reason, now);
  }
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
    if (record.ejected_until <= now)
      return BeginTrial(record, {.words = "ejection time over, on trial"}, now);
    next_tick_ = std::min(next_tick_, record.ejected_until);
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
  if (!slow_start_.has_value()) return;
  record.ramp_start = now;
  UpdateShare(record, now);
}

void HealthEngine::UpdateShare(EndpointRecord& record, absl::Time now) {
  const double share = slow_start_.has_value() && record.ramp_start != absl::InfinitePast()
                           ? SlowStartShare(*slow_start_, now - record.ramp_start)
                           : 1;
  if (share >= 1) return EndSlowStart(record);
  record.state->set_share(static_cast<uint32_t>(share * EndpointState::kFullShare));
  next_tick_ = std::min(next_tick_, now + kSlowStartStep);
}

void HealthEngine::EndSlowStart(EndpointRecord& record) {
  record.ramp_start = absl::InfinitePast();
  record.state->set_share(EndpointState::kFullShare);
}

bool HealthEngine::IsInPanic() const {
  const uint64_t total = table_.size();
  const uint64_t usable = total - unhealthy_;
  if (total == 0 || usable * 100 >= uint64_t{panic_.threshold_percent} * total) return false;
  // As long as the tiers together have room for all calls, losing one of them is no reason.
  return tiers_.size() < 2 || !IsWhole(tiers_, tier_overprovisioning_factor_);
}

void HealthEngine::UpdatePanic(absl::Time now) {
  const bool was_in_panic = std::exchange(is_in_panic_, IsInPanic());
  pick_mask_ = EndpointState::kHardFlags | EndpointState::kHealthFlags;
  if (is_in_panic_) {
    pick_mask_ = FailsInPanic() ? uint32_t{EndpointState::kKnown} : EndpointState::kHardFlags;
  }
  if (was_in_panic == is_in_panic_ || emit_ == nullptr) return;
  Event event;
  event.kind = is_in_panic_ ? Event::Kind::kPanicEntered : Event::Kind::kPanicLeft;
  event.time = now;
  event.reason =
      absl::StrCat(table_.size() - unhealthy_, " of ", table_.size(),
                   " endpoints are healthy, the threshold is ", panic_.threshold_percent, " %",
                   !is_in_panic_    ? ""
                   : FailsInPanic() ? ": calls fail"
                                    : ": health is ignored");
  emit_(std::move(event));
}

bool HealthEngine::MayEject(const EndpointRecord& record) const {
  const bool is_healthy = HealthStateOf(*record.state) == HealthState::kHealthy;
  if (healthy_ == (is_healthy ? 1u : 0u)) return false;  // no other would be left
  if (out_by_outcomes_ == 0) return config_.max_ejection_percent > 0;
  return (out_by_outcomes_ + 1) * uint64_t{100} <=
         config_.max_ejection_percent * uint64_t{table_.size()};
}

void HealthEngine::EjectIfAllowed(EndpointRecord& record, Reason reason, absl::Time now) {
  if ((record.state->flags() & (EndpointState::kEjected | EndpointState::kTrial)) != 0) return;
  if (MayEject(record)) return Eject(record, std::move(reason), now);
  Spare(record, Event::Kind::kEjectionSpared, reason, now);
}

void HealthEngine::Eject(EndpointRecord& record, Reason reason, absl::Time now) {
  const uint32_t multiplier = ++record.ejection_multiplier;
  const absl::Duration duration = EjectionDuration(config_, multiplier);
  record.ejected_until = now + duration;
  record.trial_until = absl::InfiniteFuture();
  record.is_stalled = false;
  next_tick_ = std::min(next_tick_, record.ejected_until);
  EndSlowStart(record);
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
  Event event;
  event.kind = kind;
  event.time = now;
  event.address = record.endpoint.address;
  event.reason = reason.ToString();
  if (kind == Event::Kind::kEjectionSpared) absl::StrAppend(&event.reason, "; ", WhyNoMore());
  emit_(std::move(event));
}

std::string HealthEngine::WhyNoMore() const {
  return absl::StrCat(out_by_outcomes_, " of ", table_.size(),
                      " endpoints are ejected already (at most ", config_.max_ejection_percent,
                      " % may be) and ", healthy_, " are healthy");
}

void HealthEngine::BeginTrial(EndpointRecord& record, Reason reason, absl::Time now) {
  record.is_stalled = false;
  record.state->ResetConsecutiveFailures();
  baseline_.Restart(*record.state);  // else nobody who compares loads would give it the trial
  Change(record, EndpointState::kTrial, EndpointState::kEjected | EndpointState::kTrialBusy,
         std::move(reason), now);
}

void HealthEngine::Change(EndpointRecord& record, uint32_t set, uint32_t clear, Reason reason,
                          absl::Time now) {
  EndpointState& state = *record.state;
  const HealthState before = HealthStateOf(state);
  Count(state, -1u);
  CountInTier(record, -1u);
  state.SetFlags(set);
  state.ClearFlags(clear);
  Count(state, 1);
  CountInTier(record, 1);
  const HealthState after = HealthStateOf(state);
  if (before == after) return;
  record.reason = std::move(reason);
  record.since = now;
  if (emit_ == nullptr) return;
  Event event;
  event.time = now;
  event.address = record.endpoint.address;
  event.from = before;
  event.to = after;
  event.reason = record.reason.ToString();
  emit_(std::move(event));
}

void HealthEngine::Count(const EndpointState& state, uint32_t step) {
  const uint32_t flags = state.flags();
  if (HealthStateOf(state) == HealthState::kHealthy) healthy_ += step;
  if ((flags & (EndpointState::kEjected | EndpointState::kTrial)) != 0) out_by_outcomes_ += step;
  if ((flags & kUnhealthyFlags) != 0) unhealthy_ += step;
}

void HealthEngine::CountInTier(const EndpointRecord& record, uint32_t step) {
  // A record may be new to the table, whose tiers are counted after it was merged.
  if (record.tier >= tiers_.size() || (record.state->flags() & kUnhealthyFlags) != 0) return;
  TierCount& tier = tiers_[record.tier];
  tier.usable += step;
  // A step of -1u wraps in the 32 bits above, and is -1 in the 64 bits here.
  tier.usable_weight += static_cast<int32_t>(step) * int64_t{record.state->weight()};
}

}  // namespace nines
