// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "endpoints/endpoint_state.h"
#include "health/reason.h"
#include "nines/endpoint.h"

namespace nines {

// How attempts on one endpoint, or several, ended. A value. Not whole where counts fade.
struct CallCounts {
  double calls = 0;
  double failures = 0;
};

// What stall detection saw of an endpoint when its calls last made progress; see
// health/stall_detector.h.
struct StallWatch {
  uint32_t failures = 0;
  uint32_t answers = 0;
  uint32_t in_flight = 0;  // what began before does not count
  absl::Time since = absl::InfinitePast();
  absl::Time answered = absl::InfinitePast();  // when answers last were seen
};

// What was seen of an endpoint's latency; see health/latency_outliers.h.
struct SlownessWatch {
  uint32_t answers = 0;  // at the last look, modulo 2³²
  int looks = 0;         // in a row at which it was slow
};

// Calls that others answered first, one after the other, since the endpoint's own last answer; see
// health/outlier_detector.h.
struct OvertakenWatch {
  uint32_t run = 0;
  uint32_t counted = 0;    // of the run, as failures
  uint32_t answers = 0;    // at the end of the last interval, modulo 2³²
  uint32_t overtaken = 0;  // the same
};

// What is known of an endpoint's overload; see health/endpoint_shares.h.
struct OverloadWatch {
  double share = 1;    // of its calls that it takes for it
  uint64_t calls = 0;  // calls and overloads at the end of the last interval
  uint32_t overloads = 0;
  bool is_told = false;                           // an event has told that it began
  absl::Time quiet_until = absl::InfinitePast();  // no second such event before
};

// How an endpoint does against its peers; see health/performance_share.h.
struct PerformanceWatch {
  double load_share = 1;  // of its calls that it takes for its load, and for its latency
  double latency_share = 1;
  uint64_t load_mark = 0;  // of its load reports, at the end of the last interval
};

// What the control plane remembers of one endpoint, beside the cache line that picks look at.
struct EndpointRecord {
  EndpointRef state;
  Endpoint endpoint;            // as of the last update; address and attachment never change
  uint32_t tier = 0;            // its place among the tiers that the table knows: 0, 1, 2, …
  uint64_t merged = 0;          // the number of the last update that named it
  uint32_t weight_by_hand = 0;  // instead of the endpoint's; 0: none
  size_t place = 0;             // among the table's records

  // For people: why it is in its state, and since when.
  Reason reason;
  // While a person's word hides what health has it in: why that. Null otherwise.
  std::unique_ptr<Reason> hidden_reason;
  // While it is not connected: why outcomes or probes have it out beneath that. Null if they do
  // not.
  std::unique_ptr<Reason> verdict_reason;
  absl::Time since;
  absl::Status last_error;

  // Ejection. The multiplier grows with each ejection and decays while the endpoint behaves.
  uint32_t ejection_multiplier = 0;
  absl::Time ejected_at = absl::InfinitePast();  // last
  absl::Time ejected_until = absl::InfinitePast();
  absl::Time decay_due = absl::InfiniteFuture();
  absl::Time trial_until = absl::InfiniteFuture();  // a trial call is given up for another then
  absl::Time spared_until = absl::InfinitePast();   // no second "spared" event before

  // Of the detectors that compare endpoints; see health/outlier_detector.h.
  CallCounts seen;    // at the end of the last interval
  CallCounts recent;  // of about the last minute, fading
  OvertakenWatch overtaken;
  StallWatch stall;
  bool is_stalled = false;  // ejected for that
  SlownessWatch slowness;
  bool is_slow = false;  // ejected for that
  double suspicion = 0;  // evidence that has added up against it

  OverloadWatch overload;
  PerformanceWatch performance;

  // Of failures that many endpoints have at once; see health/correlated_failures.h.
  absl::Time failed_at = absl::InfinitePast();  // the latest that our own side may have caused
  absl::Time lost_at = absl::InfinitePast();    // when outcomes or its connection took it out last
  uint32_t answered_before_freeze = 0;
  bool is_held = false;  // its ejection is held back, until it fails when others answer

  // Probes in a row with the same result.
  uint32_t probe_successes = 0;
  uint32_t probe_failures = 0;
  bool is_probe_unsupported = false;  // the endpoint said so last, and an event has told

  // What probes are held against: when calls last were seen to fail, and state->failures() then.
  absl::Time last_failure = absl::InfinitePast();
  uint32_t failures_seen = 0;
  bool is_trial_by_probes = false;  // they brought about its last trial before its time
  bool are_probes_refuted = false;  // that trial failed, and none has succeeded since

  // When its slow start began; in the infinite past: it has its full share.
  absl::Time ramp_start = absl::InfinitePast();

  // Attempts that ended, those that failed, and those that were given up, as of the last
  // CountCalls(); and what the state's counters were then.
  uint64_t calls = 0;
  uint64_t failures = 0;
  uint64_t given_up = 0;
  uint32_t reports_counted = 0;
  uint32_t failures_counted = 0;
  uint32_t given_up_counted = 0;
  uint64_t calls_at_tick = 0;  // LoadBaseline's

  // Why it is in the state that it would have if no person had taken it out.
  Reason& reason_by_health() { return hidden_reason != nullptr ? *hidden_reason : reason; }
  const Reason& reason_by_health() const {
    return hidden_reason != nullptr ? *hidden_reason : reason;
  }

  uint32_t weight() const { return weight_by_hand != 0 ? weight_by_hand : endpoint.weight; }

  // Brings them up to date. REQUIRES: fewer than 2³² attempts ended since the last time.
  void CountCalls() {
    // In this order: a call that fails between the two is then a failure too few, never one too
    // many.
    // Signed: failures may have been withdrawn since.
    const auto new_failures = static_cast<int32_t>(state->failures() - failures_counted);
    const uint32_t new_given_up = state->given_up() - given_up_counted;
    const uint32_t new_calls = state->reports() - reports_counted;
    failures_counted += new_failures;
    failures += new_failures;
    given_up_counted += new_given_up;
    given_up += new_given_up;
    reports_counted += new_calls;
    calls += new_calls;
  }
};

// The endpoints known now, merged from each resolver update: what was learned of an endpoint stays
// as long as its address does.
//
// Thread-compatible; the balancer's lock guards it.
class EndpointTable {
 public:
  // Makes the state of an endpoint that is new.
  using MakeState = absl::FunctionRef<EndpointRef(const Endpoint&)>;

  struct Changes {
    std::vector<std::string> added;
    std::vector<std::shared_ptr<EndpointRecord>> removed;
    bool changed = false;  // a table for picks built before is out of date
  };

  // Makes `endpoints` the known ones, in this order. Later duplicates of an address are dropped.
  // O(n), and quicker if those that stay come in the order of the update before.
  Changes Merge(const EndpointList& endpoints, MakeState make_state);

  // Those of `endpoints` that are not known.
  std::vector<const Endpoint*> FindUnknown(const EndpointList& endpoints) const;

  // nullptr if unknown.
  EndpointRecord* Find(absl::string_view address) const;

  const std::vector<std::shared_ptr<EndpointRecord>>& records() const { return records_; }
  // How many different tiers the endpoints name; at least 1.
  uint32_t tier_count() const { return tier_count_; }
  size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

 private:
  // Finds one address after the other.
  class Search;

  const std::shared_ptr<EndpointRecord>& Add(EndpointRef state);
  void NumberTiers();

  std::vector<std::shared_ptr<EndpointRecord>> records_;  // in the order of the last update
  // The keys are the states' own: those never move.
  absl::flat_hash_map<absl::string_view, std::shared_ptr<EndpointRecord>> by_address_;
  uint32_t tier_count_ = 1;
  uint64_t merges_ = 0;
};

}  // namespace nines
