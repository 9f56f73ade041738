// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "endpoints/endpoint_table.h"
#include "nines/observer.h"
#include "nines/override.h"

namespace nines {

// What people have said of endpoints, by address, whether or not the endpoint is known now: a
// resolver's update must not undo it. Says every set, end and expiry as an event, and when an
// endpoint that drains has no calls left. To obey is HealthEngine's part.
//
// No clock, no lock. Thread-compatible; the balancer's lock guards it. O(1) while nothing expires
// and nobody drains; overrides are few.
class Overrides {
 public:
  using Emit = std::function<void(Event)>;

  // One that holds.
  struct Entry {
    Override wish;
    absl::Time until = absl::InfiniteFuture();
  };

  // `emit` may be null.
  explicit Overrides(Emit emit) : emit_(std::move(emit)) {}

  // Makes `wish` hold, or ends what holds. ResourceExhausted if there are too many. REQUIRES:
  // CheckOverride() is content.
  absl::Status Set(const std::string& address, const Override& wish, absl::Time now);

  // Ends those whose time is over, and returns them.
  std::vector<std::string> Expire(absl::Time now);

  // What holds for the address; nullptr if nothing does.
  const Entry* Find(absl::string_view address) const;

  // By address: all that holds.
  const absl::flat_hash_map<std::string, Entry>& entries() const { return entries_; }

  // The endpoint takes no new calls from now on: LookForDrained() watches the others end.
  void WatchDrain(const std::string& address, absl::Time now);

  // Says of each watched endpoint without calls that it is drained.
  void LookForDrained(const EndpointTable& table, absl::Time now);

  // When Expire() or LookForDrained() has something to do; InfiniteFuture if never. Not later than
  // that, but perhaps earlier. O(1).
  absl::Time NextDue() const { return std::min(next_expiry_, next_drain_look_); }

 private:
  void Say(Event::Kind kind, const std::string& address, std::string reason, absl::Time now) const;

  const Emit emit_;
  absl::flat_hash_map<std::string, Entry> entries_;
  absl::Time next_expiry_ = absl::InfiniteFuture();  // of entries_
  std::map<std::string, absl::Time> draining_;       // watched, and not to be looked at before
  absl::Time next_drain_look_ = absl::InfiniteFuture();
};

}  // namespace nines
