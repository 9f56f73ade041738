// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/stall_detector.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "health/pool_counts.h"

namespace nines {
namespace {

// With fewer, one call that simply takes long would be a stall.
constexpr uint32_t kLeastOutstanding = 3;

// A look costs a cache miss per endpoint: at ten thousand endpoints some 0.5 ms, every 50 ms.
constexpr absl::Duration kPeriodPerEndpoint = absl::Microseconds(5);

// Between looks while no call is under way. A hundred idle clients wake their process 500 times a
// second with it.
constexpr absl::Duration kIdleDelay = absl::Milliseconds(200);

uint32_t NewlyOutstanding(const EndpointRecord& record) {
  const uint32_t in_flight = record.state->in_flight();
  return in_flight - std::min(in_flight, record.stall.in_flight);
}

Reason MakeReason(const EndpointRecord& record, absl::Duration stalled, absl::Duration usual) {
  Reason reason;
  reason.words = "stalled";
  reason.figures = absl::StrCat(
      NewlyOutstanding(record), " calls are outstanding and none has ended for ",
      absl::FormatDuration(absl::Trunc(stalled, absl::Milliseconds(1))), "; the usual latency is ",
      absl::FormatDuration(absl::Trunc(usual, absl::Microseconds(1))));
  return reason;
}

}  // namespace

std::vector<Suspect> StallDetector::Look(const Records& records, absl::Duration usual_latency,
                                         absl::Time now) {
  const absl::Duration period = Period(records.size());
  // Nobody looked for a while: the process stood still, or was idle. What was outstanding then says
  // nothing of the endpoints.
  const bool was_watched = standstill_.OnTimer(now);
  const bool is_gap = !was_watched || delay_ > 2 * period;
  bool is_busy = false;
  for (const auto& record : records) {
    if (Watch(*record, is_gap, now)) last_progress_ = now;
    is_busy |= record->state->in_flight() != 0 || last_progress_ == now;
  }
  delay_ = is_busy ? period : std::max(period, std::min(2 * delay_, kIdleDelay));
  standstill_.Expect(now + delay_);
  std::vector<Suspect> suspects;
  for (const auto& record : records) {
    if (HealthStateOf(*record->state) != HealthState::kHealthy) continue;
    if (NewlyOutstanding(*record) < kLeastOutstanding) continue;
    const absl::Duration stalled = now - record->stall.since;
    const absl::Duration allowed = Allowed(*record, usual_latency);
    if (stalled < allowed || last_progress_ < record->stall.since + allowed / 2) continue;
    suspects.push_back({record.get(), MakeReason(*record, stalled, usual_latency), 100,
                        absl::FDivDuration(stalled, allowed)});
  }
  return suspects;
}

// Notes where the endpoint stands, and returns whether calls to it have come to an end since the
// last look.
bool StallDetector::Watch(EndpointRecord& record, bool is_gap, absl::Time now) const {
  StallWatch& watch = record.stall;
  const EndpointState& state = *record.state;
  const uint32_t in_flight = state.in_flight();
  const bool has_answered = state.has_answered_since(watch.answers);
  if (has_answered) watch.answered = now;
  // A call that its caller gives up is no progress: that it had to may be for the stall.
  const bool has_progress = has_answered || state.failures() != watch.failures;
  watch.failures = state.failures();
  watch.answers = state.answered();
  const bool is_new = watch.since == absl::InfinitePast();
  // Leases end without a report, too.
  if (has_progress || is_gap || is_new || in_flight <= watch.in_flight) {
    watch.in_flight = in_flight;
    watch.since = now;
  }
  return has_progress;
}

absl::Duration StallDetector::Allowed(const EndpointRecord& record,
                                      absl::Duration usual_latency) const {
  const auto own = absl::Nanoseconds(record.state->latency());
  return std::max(config_.minimum_time, config_.factor * std::max(own, usual_latency));
}

absl::Duration StallDetector::Period(size_t endpoints) const {
  return std::max(config_.minimum_time / 2, kPeriodPerEndpoint * static_cast<double>(endpoints));
}

}  // namespace nines
