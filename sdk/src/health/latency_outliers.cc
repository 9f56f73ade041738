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

// Calls of the endpoint that were answered: what the others took says nothing of its latency, and
// an endpoint that refuses all of them must not be judged by an answer of long ago.
uint64_t CountAnswers(EndpointRecord& record) {
  record.CountCalls();
  return record.calls - record.state->failures() - record.state->overloads();
}

// Those in rotation that had enough answers since the last look to be judged. Those out of rotation
// begin anew when they are back; those with fewer answers keep what was seen of them.
std::vector<EndpointRecord*> Comparable(const LatencyOutliers::Records& records,
                                        uint32_t request_volume) {
  std::vector<EndpointRecord*> compared;
  for (const auto& record : records) {
    const uint64_t total = CountAnswers(*record);
    const uint64_t answers = total - std::exchange(record->slowness.answers, total);
    if (HealthStateOf(*record->state) != HealthState::kHealthy) {
      record->slowness.looks = 0;
    } else if (answers * kLooksPerInterval >= request_volume &&
               TypicalLatency(*record) > absl::ZeroDuration()) {
      compared.push_back(record.get());
    }
  }
  return compared;
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
  next_look_ = config_.factor == 0 ? absl::InfiniteFuture() : absl::InfinitePast();
}

std::vector<Suspect> LatencyOutliers::Look(const Records& records, absl::Time now) {
  next_look_ = now + period_;
  const std::vector<EndpointRecord*> compared = Comparable(records, config_.request_volume);
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
  return config_.factor != 0 && median_ > absl::ZeroDuration() &&
         latency > config_.factor * median_ && latency - median_ >= kLeastDifference;
}

std::string LatencyOutliers::Figures(absl::Duration latency) const {
  return absl::StrCat("answers after ", Format(latency), " where its peers take ", Format(median_));
}

}  // namespace nines
