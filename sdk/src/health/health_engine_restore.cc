// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the engine hands on to a later process, and what it makes of what an earlier one handed on.
// What was learned is worth the less the older it is: docs/snapshots.md.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/strip.h"
#include "endpoints/latency.h"
#include "health/health_engine.h"

namespace nines {
namespace {

// Older figures say little of a service that was deployed, or scaled, since. Also bounds the steps
// of the decay.
constexpr absl::Duration kLatencyLife = absl::Minutes(10);

// Probes that fail say nothing of a later minute, and find out anew within seconds.
constexpr absl::Duration kProbeVerdictLife = absl::Minutes(1);

constexpr char kRestored[] = "restored";

// A reason that outlives several processes says so once.
Reason Restored(const LearnedEndpoint& learned) {
  Reason reason;
  reason.words = kRestored;
  reason.figures = std::string(absl::StripPrefix(learned.reason, "restored: "));
  return reason;
}

// Of those that are known, the lower one of an even number, as LoadBaseline has it; 0 if none is.
float MedianLatency(const std::vector<LearnedEndpoint>& learned) {
  std::vector<float> latencies;
  for (const LearnedEndpoint& endpoint : learned) {
    if (endpoint.latency > absl::ZeroDuration()) {
      latencies.push_back(NanosecondsOf(endpoint.latency));
    }
  }
  if (latencies.empty()) return 0;
  const auto middle = latencies.begin() + static_cast<std::ptrdiff_t>((latencies.size() - 1) / 2);
  std::nth_element(latencies.begin(), middle, latencies.end());
  return *middle;
}

LearnedEndpoint LearnedOf(const EndpointRecord& record) {
  const uint32_t flags = record.state->flags();
  LearnedEndpoint learned;
  learned.address = record.endpoint.address;
  learned.state = StateByHealth(flags);
  learned.reason = record.reason_by_health().ToString();
  learned.since = record.since;
  learned.ejection_multiplier = record.ejection_multiplier;
  if ((flags & (EndpointState::kEjected | EndpointState::kTrial)) != 0) {
    learned.ejected_until = record.ejected_until;
  }
  learned.is_probe_failed = (flags & EndpointState::kProbeFailed) != 0;
  learned.latency = absl::Nanoseconds(record.state->latency());
  return learned;
}

}  // namespace

LearnedState HealthEngine::Learned(absl::Time now) const {
  LearnedState learned;
  learned.as_of = now;
  learned.endpoints.reserve(table_.size());
  for (const auto& record : table_.records()) learned.endpoints.push_back(LearnedOf(*record));
  for (const auto& [address, entry] : overrides_.entries()) {
    learned.overrides.push_back({address, entry.wish, entry.until});
    learned.overrides.back().wish.expires_after = absl::InfiniteDuration();
  }
  absl::c_sort(learned.overrides,
               [](const auto& a, const auto& b) { return a.address < b.address; });
  return learned;
}

void HealthEngine::Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of) {
  restorable_ = {std::move(learned), as_of};
}

void HealthEngine::RestoreKnown(absl::Time now) {
  const Restorable restorable = std::exchange(restorable_, {});
  const float median = MedianLatency(restorable.endpoints);
  // A clock that went back makes nothing younger than now.
  const absl::Duration age = std::max(now - restorable.as_of, absl::ZeroDuration());
  for (const LearnedEndpoint& learned : restorable.endpoints) {
    EndpointRecord* record = table_.Find(learned.address);
    if (record == nullptr) continue;
    if (age <= kLatencyLife) RestoreLatency(*record, learned, median, age);
    if ((record->state->flags() & EndpointState::kForcedHealthy) != 0) continue;
    if (learned.is_probe_failed && is_probing_ && age <= kProbeVerdictLife) {
      Change(*record, EndpointState::kProbeFailed, 0, Restored(learned), now);
    }
    if (learned.ejected_until != absl::InfinitePast()) {
      RestoreEjection(*record, learned, now);
    } else {
      RestoreMultiplier(*record, learned, age, now);
    }
  }
}

// As if it had been idle since: towards the median of all, step by step.
void HealthEngine::RestoreLatency(EndpointRecord& record, const LearnedEndpoint& learned,
                                  float median, absl::Duration age) const {
  float latency = NanosecondsOf(learned.latency);
  if (latency <= 0) return;
  for (absl::Duration idle = config_.interval; idle <= age; idle += config_.interval) {
    if (latency == median) break;
    latency = LoadBaseline::AfterIdleTick(latency, median);
  }
  record.state->set_latency(latency);
}

// It has behaved since, as far as anybody knows.
void HealthEngine::RestoreMultiplier(EndpointRecord& record, const LearnedEndpoint& learned,
                                     absl::Duration age, absl::Time now) {
  absl::Duration rest;
  const int64_t steps = absl::IDivDuration(age, config_.base_ejection_time, &rest);
  const int64_t left = int64_t{learned.ejection_multiplier} - steps;
  if (left <= 0) return;
  record.ejection_multiplier = static_cast<uint32_t>(left);
  record.decay_due = now + config_.base_ejection_time - rest;
}

void HealthEngine::RestoreEjection(EndpointRecord& record, const LearnedEndpoint& learned,
                                   absl::Time now) {
  record.ejection_multiplier = std::max(learned.ejection_multiplier, 1u);
  const absl::Duration longest = EjectionDuration(config_, record.ejection_multiplier);
  const absl::Time until = std::clamp(learned.ejected_until, now, now + longest);
  if (MayRestoreEjection() && (until > now || !returns_.TryBegin(now))) {
    record.ejected_at = std::clamp(learned.since, now - longest, now);
    record.ejected_until = until;
    record.decay_due = absl::InfiniteFuture();
    TickBy(until > now ? until : returns_.next_step());
    record.state->BeginGeneration();
    Change(record, EndpointState::kEjected, 0, Restored(learned), now);
  } else {
    BeginTrial(record, Restored(learned), now);
  }
}

// EjectionGuards ask who is healthy, but here nobody may be connected to yet.
bool HealthEngine::MayRestoreEjection() const {
  const uint64_t out = counts_.out_by_outcomes() + uint64_t{1};
  const uint64_t total = counts_.in_service();
  if (out >= total) return false;  // no other would be left
  return out * 100 <= config_.max_ejection_percent * total ||
         (out == 1 && config_.max_ejection_percent > 0);
}

}  // namespace nines
