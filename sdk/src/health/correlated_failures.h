// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "nines/observer.h"

namespace nines {

// The guard against blaming endpoints for what our own network or process does: when an ejection is
// due while nearly all endpoints fail, it is held back. An ejection is of use only if somebody else
// answers; who that is shows as soon as there is anybody, and then the ejections held back happen.
//
// Begins a freeze if, of the endpoints in rotation, kShareOfPool at least failed their latest call
// in a way that our side can cause, or lost their connection. It ends as soon as one of them has
// answered: then our side works, and who fails on is to blame. And it ends after kLongestFreeze, as
// the one endpoint that works may be one that nobody calls; then it does not begin anew before
// somebody has answered.
//
// docs/decisions/correlated-failures.md. Thread-compatible; the balancer's lock guards it. O(n) to
// judge and to look, which happens only where an ejection is due or held back.
class CorrelatedFailures {
 public:
  using Records = std::vector<std::shared_ptr<EndpointRecord>>;

  // How long before a freeze an ejection may have happened that it shows to be rash.
  static constexpr absl::Duration kShortlyBefore = absl::Seconds(1);

  // Whether our own side could have made an attempt fail so, to be told of attempts that count as
  // their server's fault: no answer in time, or no connection.
  static bool MayBeOurs(const absl::Status& status);

  // An ejection is due. Nothing, or the event that a freeze begins.
  std::optional<Event> Judge(const Records& records, absl::Time now);

  // Ends the freeze if it is over: the event that says so. Nothing if there is nothing to say.
  std::optional<Event> Look(const Records& records, absl::Time now);
  // When to look; InfiniteFuture if there is nothing to look for.
  absl::Time next_look() const;

  // Whether ejections for outcomes are held back.
  bool is_frozen() const { return phase_ == Phase::kFrozen; }

  // When a freeze last ended because somebody answered: attempts that began before prove nothing.
  absl::Time thawed_at() const { return thawed_at_; }

 private:
  enum class Phase {
    kWatching,
    kFrozen,
    kSpent,  // frozen for as long as may be, and nobody has answered since
  };

  static const EndpointRecord* FindWitness(const Records& records);

  Phase phase_ = Phase::kWatching;
  absl::Time since_ = absl::InfinitePast();  // of the phase
  absl::Time last_look_ = absl::InfinitePast();
  absl::Time last_judged_ = absl::InfinitePast();
  absl::Time thawed_at_ = absl::InfinitePast();
};

}  // namespace nines
