// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "table_quality.h"

#include <time.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "mix.h"

namespace nines {
namespace {

constexpr uint32_t kKeys = 1'000'000;
constexpr int kKeySets = 20;       // leave ±0.003 of noise at 1,000 endpoints
constexpr int kPerfectSets = 200;  // leave ±0.001
constexpr int kEndpointSets = 4;
constexpr int kTimedBuilds = 9;

// Addresses that no two sets share.
EndpointList MakeEndpoints(uint32_t count, int set) {
  EndpointList endpoints(count);
  for (uint32_t i = 0; i < count; ++i) {
    endpoints[i].address =
        absl::StrCat("10.", (i >> 16) + 8 * set, ".", (i >> 8) & 255, ".", i & 255, ":50051");
  }
  return endpoints;
}

double MaxToMean(const std::vector<uint32_t>& counts) {
  double sum = 0;
  for (const uint32_t count : counts) sum += count;
  return *std::max_element(counts.begin(), counts.end()) * static_cast<double>(counts.size()) / sum;
}

std::vector<uint32_t> CountSlots(const SlotOwners& slots, size_t endpoints) {
  std::vector<uint32_t> counts(endpoints);
  for (const uint32_t owner : slots) ++counts.at(owner);
  return counts;
}

uint64_t Key(int set, uint32_t i) { return Mix(Mix(static_cast<uint64_t>(set), 0), i); }

double MaxToMeanKeys(const SlotOwners& slots, size_t endpoints, int key_set) {
  std::vector<uint32_t> counts(endpoints);
  const auto size = static_cast<uint32_t>(slots.size());
  for (uint32_t i = 0; i < kKeys; ++i) {
    ++counts[slots[Scale(HighBits(Mix(Key(key_set, i), 0)), size)]];
  }
  return MaxToMean(counts);
}

double WeightsError(const BuildSlots& build, EndpointList endpoints) {
  double sum = 0;
  double weights[3] = {};
  for (size_t i = 0; i < endpoints.size(); ++i) {
    endpoints[i].weight = 1u << (i % 3);
    weights[i % 3] += endpoints[i].weight;
    sum += endpoints[i].weight;
  }
  double owned[3] = {};
  const SlotOwners slots = build(endpoints);
  for (const uint32_t owner : slots) ++owned[owner % 3];

  double error = 0;
  for (int i = 0; i < 3; ++i) {
    const double share = static_cast<double>(slots.size()) * weights[i] / sum;
    error = std::max(error, std::abs(owned[i] / share - 1));
  }
  return error;
}

// Of the slots, those whose owner differs although neither is the endpoint that only `more` has,
// its last. Indexes below that are the same in both.
double MovedBeside(const SlotOwners& more, const SlotOwners& fewer, size_t last) {
  uint32_t moved = 0;
  for (size_t slot = 0; slot < more.size(); ++slot) {
    if (more[slot] != last && more[slot] != fewer[slot]) ++moved;
  }
  return moved / static_cast<double>(more.size());
}

absl::Duration ProcessorTime() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace

TableQuality MeasureTable(const BuildSlots& build, uint32_t endpoints) {
  TableQuality quality;
  for (int set = 0; set < kEndpointSets; ++set) {
    EndpointList more = MakeEndpoints(endpoints + 1, set);
    EndpointList now(more.begin(), more.end() - 1);
    EndpointList fewer(now.begin(), now.end() - 1);
    const SlotOwners slots = build(now);
    for (int i = 0; i < kKeySets / kEndpointSets; ++i) {
      quality.max_to_mean_keys += MaxToMeanKeys(slots, endpoints, set * kKeySets + i) / kKeySets;
    }
    quality.max_to_mean_slots += MaxToMean(CountSlots(slots, endpoints)) / kEndpointSets;
    quality.weights_error += WeightsError(build, now) / kEndpointSets;
    quality.moved_by_removal += MovedBeside(slots, build(fewer), endpoints - 1) / kEndpointSets;
    quality.moved_by_addition += MovedBeside(build(more), slots, endpoints) / kEndpointSets;
  }
  return quality;
}

absl::Duration MeasureBuildTime(const std::function<void(const EndpointList&)>& build,
                                uint32_t count) {
  const EndpointList endpoints = MakeEndpoints(count, /*set=*/0);
  std::vector<absl::Duration> times;
  for (int i = 0; i < kTimedBuilds; ++i) {
    const absl::Duration start = ProcessorTime();
    build(endpoints);
    times.push_back(ProcessorTime() - start);
  }
  std::nth_element(times.begin(), times.begin() + kTimedBuilds / 2, times.end());
  return times[kTimedBuilds / 2];
}

double PerfectMaxToMeanKeys(uint32_t endpoints) {
  double sum = 0;
  for (int set = 0; set < kPerfectSets; ++set) {
    std::vector<uint32_t> counts(endpoints);
    for (uint32_t i = 0; i < kKeys; ++i) ++counts[Mix(Key(1000 + set, i), 0) % endpoints];
    sum += MaxToMean(counts);
  }
  return sum / kPerfectSets;
}

}  // namespace nines
