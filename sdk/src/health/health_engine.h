// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "endpoints/endpoint_table.h"
#include "endpoints/load_baseline.h"
#include "health/correlated_failures.h"
#include "health/ejection_guards.h"
#include "health/endpoint_shares.h"
#include "health/latency_outliers.h"
#include "health/outlier_detector.h"
#include "health/overrides.h"
#include "health/panic.h"
#include "health/pool_counts.h"
#include "health/query_of_death.h"
#include "health/reason.h"
#include "health/return_throttle.h"
#include "health/stall_detector.h"
#include "nines/config.h"
#include "nines/endpoint.h"
#include "nines/learned_state.h"
#include "nines/observer.h"
#include "nines/outcome.h"
#include "nines/override.h"
#include "nines/random.h"

namespace nines {

// How long the ejection with this multiplier (1: the first) lasts. gRFC A50:
// min(base × multiplier, max(base, max)).
absl::Duration EjectionDuration(const OutlierDetectionConfig& config, uint32_t multiplier);

// A probe that has ended.
struct ProbeResult {
  const char* kind;     // of the prober, for the reason
  absl::Status status;  // see Prober::Start()
  absl::Time began;
};

// The one state machine of endpoint health. Inputs: connectivity, outcomes, probes, people, time.
// It decides, sets the endpoint's flags, and says every change as an event with its reason.
//
//   connecting --connected--> healthy --failures, if the guards allow--> ejected
//   ejected --time over, if ReturnThrottle allows--> degraded (one call at a time)
//   ejected --its base time over, and probes succeed--> degraded
//   ejected --a new connection after a lost one--> degraded
//   degraded --that call succeeds--> healthy        degraded --it fails--> ejected, for longer
//   healthy --worse than its peers (OutlierDetector), if the guards allow--> ejected
//   healthy --slower than its peers (LatencyOutliers), if the guards allow--> ejected
//   degraded, once ejected as slow --its trial call is as slow--> ejected, for longer
//   healthy --stalled (StallDetector), if the guards allow--> ejected
//   ejected as stalled --its calls are answered again--> degraded
//   any --probes fail--> ejected, until probes succeed (no cap: panic is the guard)
//   any --a person says so--> draining or disabled, until the person says otherwise or it expires
//
// docs/health.md has every state and input, and who wins; a test holds it against this class.
// The guards are EjectionGuards and CorrelatedFailures. They do not ask about probes: there, Panic
// is the guard. Nothing is held against an endpoint that timed out while this process stood still
// (StandstillWatch).
//
// No clock, no lock, no I/O: the time is an argument. Thread-compatible; the balancer's lock guards
// it. Cost: O(1) per input, O(n) per Tick.
class HealthEngine {
 public:
  // `emit` is called with each event, whose target is filled by the callee; null if nobody listens,
  // and then no words are made.
  using Emit = std::function<void(Event)>;

  // `random` decides which ejections are enforced.
  HealthEngine(const EndpointTable& table, RandomSource& random, Emit emit);

  // The first interval begins `now`; the next ones have the config's length.
  void Configure(const BalancerConfig& config, absl::Time now);

  // A record was added to the table / is to be forgotten. REQUIRES: its flags are final. An
  // override of its address is obeyed at once; then RecountTiers() is due.
  void OnAdded(EndpointRecord& record, absl::Time now);
  void OnRemoved(EndpointRecord& record) { counts_.Remove(*record.state); }
  // After the set or its endpoints changed: who is lame now, and who is not any more. O(n).
  void UpdateLame(absl::Time now);
  // After the set, a weight or a tier changed. O(n).
  void RecountTiers() { counts_.RecountTiers(table_); }

  // For a later engine, and from an earlier one, as of its time: health_engine_restore.cc. What is
  // restored waits for RestoreKnown(), which applies it to the endpoints that are known then.
  LearnedState Learned(absl::Time now) const;
  void Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of);
  void RestoreKnown(absl::Time now);

  // Lets the endpoint take a growing share of its calls from now on, if the config says so.
  void BeginSlowStart(EndpointRecord& record, absl::Time now);

  void OnConnectivity(EndpointRecord& record, Connectivity connectivity, const absl::Status& status,
                      absl::Time now);
  // Every failed attempt, as far as the lock was free. Whether it changed a state.
  bool OnFailure(EndpointRecord& record, const Outcome& outcome, absl::Time now);
  void OnFailureThreshold(EndpointRecord& record, const Outcome& outcome, absl::Time now);
  void OnTrialEnd(EndpointRecord& record, const Outcome& outcome, absl::Time now);
  // See QueryOfDeath.
  bool IsCallToBlame(const CallMemory& memory, absl::Time now);
  // Thresholds are the health check's. What no verdict is (nines/health.h) changes no count; that
  // an endpoint cannot be asked is said once.
  void OnProbe(EndpointRecord& record, const HealthCheckConfig& config, const ProbeResult& probe,
               absl::Time now);
  // A call failed, or some may have: no probe from before says anything any more.
  static void NoteFailures(EndpointRecord& record, absl::Time now);

  // Active checking was switched off: its verdicts no longer hold.
  void ForgetProbes(absl::Time now);

  // Makes the override hold, or ends the one that does: see Balancer::SetOverride(). REQUIRES:
  // CheckOverride() is content.
  absl::Status SetOverride(const std::string& address, const Override& wish, absl::Time now);
  // What holds for the address; nullptr if nothing does.
  const Overrides::Entry* FindOverride(absl::string_view address) const {
    return overrides_.Find(address);
  }
  // Whether an override has changed a weight since the last time: then RecountTiers() and new
  // tables are due.
  bool TakeWeightChange() { return std::exchange(is_weight_changed_, false); }

  // Ends overrides and ejections that are over, decays multipliers, moves slow starts on, and at
  // the end of each interval compares the endpoints: outliers, and the latencies that loads are
  // weighed by.
  void Tick(absl::Time now);

  // Ejects endpoints that have stopped answering, and puts on trial those that answer again.
  // Whether there were any. Called again after NextStallLook(); not at all unless
  // watches_for_stalls().
  bool LookForStalls(absl::Time now);
  absl::Duration NextStallLook() const { return stalls_.NextDelay(); }
  bool watches_for_stalls() const { return stalls_.is_on(); }

  // When Tick has something to do; InfiniteFuture if never. Not later than that, but perhaps
  // earlier. O(1).
  absl::Time NextTick() const { return next_tick_; }

  // After every change of the set or of a state: recomputes panic.
  void UpdatePanic(absl::Time now);

  // See Panic.
  uint32_t pick_mask() const { return panic_.pick_mask(); }
  bool may_override_health() const { return panic_.may_override_health(); }

  // Its tiers are in the order of EndpointRecord::tier, as of the last RecountTiers() and all
  // changes since.
  const PoolCounts& counts() const { return counts_; }

  // The median of what the endpoints' answers typically take, in nanoseconds; 0: not known.
  float typical_latency() const { return baseline_.typical(); }

 private:
  void EndInterval(absl::Time now);
  // Whether the attempt failed for what our own side did.
  bool ProvesNothing(const Outcome& outcome, absl::Time now);
  void SayStandstill(absl::Duration stood_still, absl::Time now);
  // The endpoint, which is lame, has failed: ejects it if that is a sign that it is gone.
  bool EjectIfLost(EndpointRecord& record, const Outcome& outcome, absl::Time now);
  // Whether the ejection that is due, for failures of which `last` was the last, must wait.
  bool HoldsBack(EndpointRecord& record, const absl::Status& last, absl::Time now);
  // Ejections of which a freeze that begins shows that they were rash.
  void UndoRashEjections(absl::Time now);
  void LookAtFreeze(absl::Time now);
  void LookForSlowness(absl::Time now);
  // As often as the detector's enforcement says, if the guards allow.
  void EjectSuspect(Suspect suspect, absl::Time now);
  void EjectIfAllowed(EndpointRecord& record, Reason reason, absl::Time now);
  void Eject(EndpointRecord& record, Reason reason, absl::Time now);
  // An ejection was due and does not happen: says so, but not all the time.
  void Spare(EndpointRecord& record, Event::Kind kind, const Reason& reason, absl::Time now);
  void OnGoodProbe(EndpointRecord& record, const HealthCheckConfig& config,
                   const ProbeResult& probe, absl::Time now);
  void OnProbeUnsupported(EndpointRecord& record, const ProbeResult& probe, absl::Time now);
  bool MayReturnEarly(const EndpointRecord& record, absl::Time now) const;
  void BeginTrial(EndpointRecord& record, Reason reason, absl::Time now);
  // Sets and clears flags, and emits the change of state if there is one.
  void Change(EndpointRecord& record, uint32_t set, uint32_t clear, Reason reason, absl::Time now);
  void TickEjection(EndpointRecord& record, absl::Time now);
  // A lost connection hides a verdict: its reason is kept, and is `reason` when a new one shows it
  // again. `before`: the flags before those that were `set`. health_engine_connection.cc.
  static void KeepVerdictReason(EndpointRecord& record, uint32_t before, uint32_t set,
                                Reason& reason);

  // By hand: health_engine_by_hand.cc.
  void TickOverrides(absl::Time now);
  // Brings the endpoint in line with the override that holds for it, or, without one, with health;
  // `ended` says why then.
  void Obey(EndpointRecord& record, const char* ended, absl::Time now);
  void Weigh(EndpointRecord& record, uint32_t weight_by_hand);
  void TakeOut(EndpointRecord& record, uint32_t flag, const Override& wish, absl::Time now);
  void ForceHealthy(EndpointRecord& record, const Override& wish, absl::Time now);
  void LeaveToHealth(EndpointRecord& record, const char* ended, absl::Time now);
  // It begins anew: nothing that was learned of its calls holds.
  void ReturnToService(EndpointRecord& record, absl::Time now);

  // What an earlier engine handed on: health_engine_restore.cc.
  void RestoreLatency(EndpointRecord& record, const LearnedEndpoint& learned, float median,
                      absl::Duration age) const;
  void RestoreMultiplier(EndpointRecord& record, const LearnedEndpoint& learned, absl::Duration age,
                         absl::Time now);
  void RestoreEjection(EndpointRecord& record, const LearnedEndpoint& learned, absl::Time now);
  bool MayRestoreEjection() const;

  void TickBy(absl::Time due) { next_tick_ = std::min(next_tick_, due); }

  const EndpointTable& table_;
  RandomSource& random_;
  const Emit emit_;
  OutlierDetectionConfig config_;
  PoolCounts counts_;
  EjectionGuards guards_;
  CorrelatedFailures correlated_;
  absl::Time standstill_said_ = absl::InfinitePast();
  absl::Time query_of_death_said_ = absl::InfinitePast();
  Panic panic_;
  EndpointShares shares_;
  ReturnThrottle returns_;
  OutlierDetector detector_;
  LatencyOutliers slowness_;
  StallDetector stalls_;
  LoadBaseline baseline_;
  Overrides overrides_;
  struct Restorable {
    std::vector<LearnedEndpoint> endpoints;
    absl::Time as_of;
  };
  Restorable restorable_;
  bool is_probing_ = false;
  bool is_weight_changed_ = false;  // see TakeWeightChange()
  absl::Time interval_begin_ = absl::InfinitePast();
  absl::Time next_tick_ = absl::InfiniteFuture();
};

}  // namespace nines
