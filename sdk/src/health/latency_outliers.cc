// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/latency_outliers.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "health/pool_counts.h"

namespace nines {
namespace {

constexpr int kLooksPerInterval = 4;

// Looks in a row at which a suspect was slow. One is a pause; two may be two pauses.
constexpr int kLooksToSuspect = 3;

absl::Duration TypicalLatency(const EndpointRecord& record) {
  return absl::Nanoseconds(record.state->typical_latency());
}

std::string Format(absl::Duration latency) {
  return absl::FormatDuration(absl::Trunc(latency, absl::Microseconds(1)));
}

// Calls that the endpoint has answered since the last look. Not those that it refused, or that were
// given up: one that answers none must not be judged by an answer of long ago.
uint32_t TakeAnswers(EndpointRecord& record) {
  const uint32_t total = record.state->answered() - record.state->overloads();
  const auto answers = static_cast<int32_t>(total - std::exchange(record.slowness.answers, total));
  return static_cast<uint32_t>(std::max(answers, 0));  // below: read while it changed
}

struct Answers {
  bool any = false;                       // of any endpoint, since the last look
  std::vector<EndpointRecord*> compared;  // those in rotation with enough of them to be judged
};

// Endpoints out of rotation begin anew when they are back; those with too few answers keep what was
// seen of them.
Answers TakeAnswers(const LatencyOutliers::Records& records, uint32_t request_volume) {
  Answers taken;
  for (const auto& record : records) {
    const uint32_t answers = TakeAnswers(*record);
    taken.any |= answers != 0;
    if (HealthStateOf(*record->state) != HealthState::kHealthy) {
      record->slowness.looks = 0;
    } else if (uint64_t{answers} * kLooksPerInterval >= request_volume &&
               TypicalLatency(*record) > absl::ZeroDuration()) {
      taken.compared.push_back(record.get());
    }
  }
  return taken;
}

absl::Duration UpperMedian(const std::vector<EndpointRecord*>& records) {
  std::vector<absl::Duration> latencies;
  latencies.reserve(records.size());
  for (const EndpointRecord* record : records) latencies.push_back(TypicalLatency(*record));
  const auto middle = latencies.begin() + latencies.size() / 2;
  std::nth_element(latencies.begin(), middle, latencies.end());
  return *middle;
}

}  // namespace

void LatencyOutliers::Configure(const OutlierDetectionConfig& config) {
  config_ = config.latency;
  period_ = config.interval / kLooksPerInterval;
  next_look_ = is_on() ? absl::InfinitePast() : absl::InfiniteFuture();
}

std::vector<Suspect> LatencyOutliers::Look(const Records& records, absl::Time now) {
  const auto [any, compared] = TakeAnswers(records, config_.request_volume);
  next_look_ = any ? now + period_ : absl::InfiniteFuture();
  if (!compared.empty()) median_ = UpperMedian(compared);
  std::vector<Suspect> suspects;
  if (compared.size() < config_.minimum_hosts) return suspects;
  for (EndpointRecord* record : compared) {
    const absl::Duration latency = TypicalLatency(*record);
    record->slowness.looks = IsSlow(latency) ? record->slowness.looks + 1 : 0;
    if (record->slowness.looks < kLooksToSuspect) continue;
    suspects.push_back({record,
                        {.words = "slow", .figures = Figures(latency)},
                        config_.enforcement_percentage,
                        absl::FDivDuration(latency, median_)});
  }
  absl::c_stable_sort(suspects,
                      [](const Suspect& a, const Suspect& b) { return a.evidence > b.evidence; });
  return suspects;
}

bool LatencyOutliers::IsSlow(absl::Duration latency) const {
  return is_on() && median_ > absl::ZeroDuration() && latency > config_.factor * median_ &&
         latency - median_ >= kLeastDifference;
}

std::string LatencyOutliers::Figures(absl::Duration latency) const {
  return absl::StrCat("answers after ", Format(latency), " where its peers take ", Format(median_));
}

}  // namespace nines
