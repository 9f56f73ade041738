// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/endpoint_shares.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "health/make_event.h"
#include "health/overload_control.h"
#include "health/performance_share.h"
#include "health/slow_start.h"

namespace nines {
namespace {

// How often a slow start moves on: at the usual window of ten seconds, by one percent of the calls.
constexpr absl::Duration kSlowStartStep = absl::Milliseconds(100);

// Between two events that say that an endpoint's overload began: one at its limit comes and goes.
constexpr absl::Duration kOverloadEventPause = absl::Minutes(1);

uint32_t ToFixed(double share) {
  return share >= 1 ? EndpointState::kFullShare
                    : static_cast<uint32_t>(share * EndpointState::kFullShare);
}

}  // namespace

absl::Time EndpointShares::BeginSlowStart(EndpointRecord& record, absl::Time now) {
  if (!slow_start_.has_value()) return absl::InfiniteFuture();
  record.ramp_start = now;
  return Update(record, now);
}

void EndpointShares::Restore(EndpointRecord& record) {
  record.ramp_start = absl::InfinitePast();
  record.overload.share = 1;
  record.performance.load_share = 1;
  record.performance.latency_share = 1;
  record.state->set_share(EndpointState::kFullShare);
}

absl::Time EndpointShares::Update(EndpointRecord& record, absl::Time now) {
  const double ramp = RampShare(record, now);
  const PerformanceWatch& performance = record.performance;
  const uint32_t share =
      ToFixed(ramp * record.overload.share * performance.load_share * performance.latency_share);
  if (share != record.state->share()) record.state->set_share(share);  // picks read its line
  return ramp < 1 ? now + kSlowStartStep : absl::InfiniteFuture();
}

double EndpointShares::RampShare(EndpointRecord& record, absl::Time now) const {
  if (record.ramp_start == absl::InfinitePast()) return 1;
  const double share =
      slow_start_.has_value() ? SlowStartShare(*slow_start_, now - record.ramp_start) : 1;
  if (share >= 1) record.ramp_start = absl::InfinitePast();
  return share;
}

std::optional<Event> EndpointShares::EndInterval(EndpointRecord& record, const Interval& interval) {
  OverloadWatch& watch = record.overload;
  record.CountCalls();
  const uint64_t calls = record.calls - std::exchange(watch.calls, record.calls);
  const uint32_t total = record.state->overloads();
  const uint32_t refused = total - std::exchange(watch.overloads, total);
  const double ratio = calls == 0 ? 0 : static_cast<double>(refused) / static_cast<double>(calls);
  watch.share = ShareAfterInterval(watch.share, ratio, interval.length);
  WeighPerformance(record, calls, interval.median_latency);
  Update(record, interval.end);
  if (watch.share == 1) {
    if (!std::exchange(watch.is_told, false)) return std::nullopt;
    return MakeEvent(Event::Kind::kOverloadEnded, "it is no longer given fewer calls for it",
                     interval.end, record.endpoint.address);
  }
  if (watch.is_told || interval.end < watch.quiet_until) return std::nullopt;
  watch.is_told = true;
  watch.quiet_until = interval.end + kOverloadEventPause;
  return MakeEvent(
      Event::Kind::kOverloadBegan,
      absl::StrFormat("%d of %d calls ended in overload; it takes %.0f %% of its calls", refused,
                      calls, watch.share * 100),
      interval.end, record.endpoint.address);
}

void EndpointShares::WeighPerformance(EndpointRecord& record, uint64_t calls,
                                      float median_latency) const {
  PerformanceWatch& watch = record.performance;
  const LoadReports& reports = record.state->load_reports();
  // A server that says nothing, or has no calls, comes back as one that has nothing to do.
  const double load = reports.MeanSince(watch.load_mark).value_or(0);
  watch.load_mark = reports.mark();
  if (!performance_check_.has_value()) {
    watch.load_share = watch.latency_share = 1;
    return;
  }
  if (calls <= LoadReports::kMaxReports) {
    watch.load_share = ShareAfterLoad(watch.load_share, load, *performance_check_);
  }
  watch.latency_share = ShareAfterLatency(watch.latency_share, record.state->typical_latency(),
                                          median_latency, *performance_check_);
}

}  // namespace nines
