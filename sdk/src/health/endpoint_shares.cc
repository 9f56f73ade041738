// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/endpoint_shares.h"

#include <cstdint>

#include "health/slow_start.h"

namespace nines {
namespace {

// How often a slow start moves on: at the usual window of ten seconds, by one percent of the calls.
constexpr absl::Duration kSlowStartStep = absl::Milliseconds(100);

}  // namespace

absl::Time EndpointShares::BeginSlowStart(EndpointRecord& record, absl::Time now) {
  if (!slow_start_.has_value()) return absl::InfiniteFuture();
  record.ramp_start = now;
  return Update(record, now);
}

void EndpointShares::Restore(EndpointRecord& record) {
  record.ramp_start = absl::InfinitePast();
  record.state->set_share(EndpointState::kFullShare);
}

absl::Time EndpointShares::Update(EndpointRecord& record, absl::Time now) {
  if (record.ramp_start == absl::InfinitePast()) return absl::InfiniteFuture();
  const double share =
      slow_start_.has_value() ? SlowStartShare(*slow_start_, now - record.ramp_start) : 1;
  if (share >= 1) {
    Restore(record);
    return absl::InfiniteFuture();
  }
  record.state->set_share(static_cast<uint32_t>(share * EndpointState::kFullShare));
  return now + kSlowStartStep;
}

}  // namespace nines
