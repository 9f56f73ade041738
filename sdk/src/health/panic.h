// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "health/pool_counts.h"
#include "nines/config.h"
#include "nines/observer.h"

namespace nines {

// The guard against trusting health too much: with too few healthy endpoints left, either their
// verdicts are wrong or the few would drown. Then calls go to all, or fail, by config.
//
// Thread-compatible; the balancer's lock guards it. O(tiers).
class Panic {
 public:
  void Configure(const PanicConfig& config, double tier_overprovisioning_factor) {
    config_ = config;
    tier_overprovisioning_factor_ = tier_overprovisioning_factor;
  }

  // Judges the pool anew. Nothing, or the event that panic began or ended.
  std::optional<Event> Update(const PoolCounts& counts, absl::Time now);

  // The flags that forbid a pick now; EndpointState::kKnown when all calls must fail.
  uint32_t pick_mask() const;

  // Whether a call that found nobody under pick_mask() may go to an endpoint against health's word.
  bool may_override_health() const { return config_.threshold_percent != 0 && !FailsCalls(); }

 private:
  bool FailsCalls() const { return config_.mode == PanicConfig::Mode::kFail; }
  bool IsDue(const PoolCounts& counts) const;

  PanicConfig config_;
  double tier_overprovisioning_factor_ = 1.4;
  bool is_on_ = false;
};

}  // namespace nines
