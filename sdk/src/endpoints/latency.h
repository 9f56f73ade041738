// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/base/casts.h"
#include "absl/time/time.h"
#include "nines/outcome.h"

namespace nines {

// An endpoint's usual latency, for the comparison of loads: a peak-sensitive moving average, as in
// Twitter's Finagle (PeakEwma.scala). It believes a slower answer at once and a faster one slowly,
// because calls that wait cost more than calls that go elsewhere. It counts samples rather than
// time, so that a report need not read the clock; what time has to do (forgetting, while no calls
// come) is the control plane's: see load_baseline.h.
//
// Nanoseconds as a float, which is exact to 10⁻⁷ and fits beside the rest into a cache line.
// 0: not known yet.

// Share of the way down to a faster sample. A peak is forgotten in some fifty calls; with less, a
// single slow call keeps an endpoint out of use for long, with more, the average is the last call.
inline constexpr float kLatencyDecay = 1.0f / 16;

// What a first failure counts as if nothing is known of its latency: slower than most services, so
// that it is felt, and little enough to be forgotten.
inline constexpr float kUnknownFaultNanoseconds = 10e6f;

// Failures in a row raise the average up to here. The control plane's decay brings an endpoint back
// from it to a usual millisecond within some thirty intervals.
inline constexpr float kMaxFaultNanoseconds = 10e9f;

// The average after an answer that took `sample`.
constexpr float AfterAnswer(float average, float sample) {
  return sample >= average ? sample : average + (sample - average) * kLatencyDecay;
}

// The average after a failure. However fast it was, it adds what an answer there typically takes,
// and so counts as twice as slow as usual: a failure is at best worth another attempt elsewhere,
// and one that is faster than every answer must not attract the calls. It adds, and does not
// double: nine answers take less than half of a peak away, so that an endpoint that fails one call
// in ten would be doubled up to the bound. So it is at about 16 p / (1 - p) times typical above
// usual. While nothing was answered (`typical` is 0) it does double.
constexpr float AfterFault(float average, float sample, float typical) {
  if (average == 0) return sample > kUnknownFaultNanoseconds ? sample : kUnknownFaultNanoseconds;
  const float added = average + (typical > 0 ? typical : average);
  const float raised = added < kMaxFaultNanoseconds ? added : kMaxFaultNanoseconds;
  const float slower = sample > raised ? sample : raised;
  return slower > average ? slower : average;
}

// The average after an attempt that the caller gave up: it would have taken at least that long.
constexpr float AfterCancel(float average, float sample) {
  return sample > average ? sample : average;
}

// How long answers typically take: their geometric mean, moving by a 32nd of the way with each. It
// is what endpoints are compared by, because it shrugs at a single call: one that takes a thousand
// times as long raises it by a quarter, where it would raise the mean to thirty times as much. Of
// an endpoint that is ten times as slow it is at five times after 38 calls. Nanoseconds as above,
// 0: not known yet.
//
// The bits of a positive float, read as an integer, are its logarithm but for a few per cent
// (Mitchell, "Computer multiplication and division using binary logarithms", 1962): so the average
// of logarithms takes a subtraction, a shift and an addition.
inline float TypicalLatencyAfter(float average, float sample) {
  if (average == 0) return sample;
  const auto before = absl::bit_cast<int32_t>(average);
  return absl::bit_cast<float>(before + (absl::bit_cast<int32_t>(sample) - before) / 32);
}

// Whether the caller gave the attempt up, by a cancel or a deadline that was too short for an
// answer to be due: nothing says how it would have ended.
bool IsGivenUp(const Outcome& outcome);

// Whether the endpoint answered, well or not, and the latency is that of its answer. Failures and
// refusals are none, and neither is what the caller gave up.
bool IsAnswer(const Outcome& outcome);

inline float NanosecondsOf(absl::Duration latency) {
  return static_cast<float>(absl::ToInt64Nanoseconds(latency));
}

// The average after `outcome` of an endpoint whose answers take `typical`. Overload counts as a
// failure: an endpoint that refuses quickly has no room for more.
float LatencyAfter(float average, const Outcome& outcome, float typical);

}  // namespace nines
