// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/balancer.h"
#include "nines/clock.h"
#include "nines/override.h"

namespace nines {

// What people said of a channel's endpoints. A channel that is idle for a while loses its policy
// and with it the balancer; what was said must hold for the next one.
//
// Thread-safe; calls the balancer under no lock, as that calls the observer.
class ChannelOverrides {
 public:
  // `clock` outlives this.
  explicit ChannelOverrides(const Clock& clock) : clock_(clock) {}

  // Keeps the override, or ends the one kept, and hands it on to the balancer, if there is one.
  // `find_balancer` is asked when it is kept: a balancer that comes later gets it by ApplyTo().
  absl::Status Set(const std::string& address, const Override& wish,
                   absl::FunctionRef<std::shared_ptr<Balancer>()> find_balancer);

  // Hands on everything that holds still.
  void ApplyTo(Balancer& balancer);

 private:
  struct Kept {
    Override wish;
    absl::Time until = absl::InfiniteFuture();

    bool operator==(const Kept& other) const { return wish == other.wish && until == other.until; }
  };

  absl::Status Keep(const std::string& address, const Override& wish);
  // Hands on what is kept for the address; `otherwise` if nothing is.
  absl::Status Apply(const std::string& address, const Override& otherwise, Balancer& balancer);
  Kept Find(const std::string& address, const Override& otherwise) const;
  void DropExpired();

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards kept_
  std::map<std::string, Kept> kept_;
};

}  // namespace nines
