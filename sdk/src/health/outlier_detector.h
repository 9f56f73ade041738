// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "health/reason.h"
#include "nines/config.h"

namespace nines {

// An endpoint that a detector would eject.
struct Suspect {
  EndpointRecord* record = nullptr;
  Reason reason;                        // the detector's name and its figures
  uint32_t enforcement_percentage = 0;  // of the detector
  double evidence = 0;                  // by which suspects compare: the worst goes first
};

// The detectors that compare endpoints with each other, at the end of each interval: success rate
// and failure percentage (gRFC A50), and a sequential test for services with few calls.
// Consecutive failures are not here: they are judged at the failing call itself.
//
// A50's success rate ejects an endpoint for a single failed call when all others are perfect,
// because the deviation it compares with is then that call's own doing. So what it and the failure
// percentage find counts only if it is not chance: see kLeastEvidence.
//
// A call that was given up is neither good nor bad. But hedges overtake every call of an endpoint
// that hangs, so that none fails: calls that others answered first count as failed while the
// endpoint answers none at all, compared with its peers' like other failures.
//
// No clock, no lock, no randomness. Thread-compatible; the balancer's lock guards it. O(n) an
// interval.
class OutlierDetector {
 public:
  void Configure(const OutlierDetectionConfig& config) { config_ = config; }

  // Looks at what has ended on each endpoint since the last time, `length` ago. Only endpoints in
  // rotation are compared; the others begin anew when they are back. The worst suspect comes
  // first; one that several detectors suspect comes several times.
  std::vector<Suspect> EndInterval(const std::vector<std::shared_ptr<EndpointRecord>>& records,
                                   absl::Duration length);

  // Whether a run of so many failures, one after another, is what chance brings about on endpoints
  // that are as good as the usual one: the likelier, the more calls fail everywhere. Never as long
  // as the usual one has had few calls or hardly fails: then the first run counts. O(1).
  bool IsChance(uint32_t failures_in_a_row) const;

 private:
  OutlierDetectionConfig config_;
  // Of the usual endpoint in the last minute; 0 if that is not known.
  double usual_failure_ratio_ = 0;
};

}  // namespace nines
