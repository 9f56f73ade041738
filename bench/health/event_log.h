// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "call_log.h"
#include "nines/observer.h"

namespace nines::bench {

/// Every event of a client, with the time at which it was told. Thread-safe.
class EventLog final : public Observer {
 public:
  void OnEvent(const Event& event) override;

  /// When `address` first came into this state.
  std::optional<absl::Time> FirstChange(const std::string& address, HealthState to,
                                        const Period& period) const;

  /// How often endpoints came into this state.
  size_t CountChanges(HealthState to, const Period& period) const;

  /// "127.0.0.2:80: 5 consecutive failures, …" for each such change.
  std::vector<std::string> ReasonsOf(HealthState to) const;

 private:
  struct Entry {
    absl::Time told;
    Event event;
  };

  mutable std::mutex mu_;
  std::vector<Entry> entries_;  // guarded by mu_
};

}  // namespace nines::bench
