// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/config.h"

namespace nines {

// What the calls to an endpoint have shown up to now. A value.
struct CallsSeen {
  uint32_t answers = 0;     // modulo 2³²
  uint32_t failures = 0;    // modulo 2³²
  bool is_failing = false;  // the latest one
  bool is_in_use = false;   // gets calls as any other: connected, and nobody says it is not well
};

// How often one endpoint is worth a probe.
//
// - Proven: since the last beat calls were answered and none has failed, and the last probe was
//   good. Probes say nothing new, and three beats of four pass without one. Asked anew at every
//   beat: the first beat without such calls probes at once, so that this delays no verdict on an
//   endpoint that stops answering.
// - Suspect: probes contradict what is held of the endpoint, but not often enough for the
//   thresholds, or its calls have begun to fail. The next probe comes after a quarter of the
//   interval: so a restarted endpoint is back after at most one interval with its jitter, and a
//   quarter for each further good probe that healthyThreshold asks for.
// - Everyone else: a probe at every beat.
//
// A value. Thread-compatible.
class ProbePace {
 public:
  // Of the beats of an endpoint that is proven, one in so many probes.
  static constexpr uint32_t kProvenBeats = 4;
  // What of the interval lies between the probes of a suspect. With less, one hiccup of a second
  // would see as many probes as the default thresholds count.
  static constexpr double kSuspectShare = 0.25;

  // At each beat: whether it is to probe.
  bool TakeBeat(const CallsSeen& calls);

  // A probe has ended.
  void OnResult(const absl::Status& result, const HealthCheckConfig& config);

  bool is_suspect() const { return is_undecided_ || has_failing_calls_; }

 private:
  CallsSeen seen_;       // at the last beat
  uint32_t passed_ = 0;  // beats in a row without a probe
  uint32_t run_ = 0;     // results in a row that are as the last one
  bool is_last_good_ = false;
  bool is_held_good_ = true;  // what the thresholds made of the results
  bool is_undecided_ = false;
  bool has_failing_calls_ = false;
};

}  // namespace nines
