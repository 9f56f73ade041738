// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace nines::bench {

/// From `begin`, which is in it, to `end`, which is not.
struct Period {
  absl::Time begin = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();

  bool Has(absl::Time time) const { return begin <= time && time < end; }
};

/// Every call of a load, when it was due and how it ended: what a client sees of endpoints that it
/// does not know of. Calls belong to the period in which they were due. Thread-safe.
class CallLog {
 public:
  struct Entry {
    absl::Time due;
    absl::Time end;
    bool is_ok = true;
    std::string backend = {};  // that answered; empty if the call failed
  };

  void Add(Entry entry);

  size_t Count(const Period& period) const;
  size_t CountFailed(const Period& period) const;

  /// Of the calls that were answered, those that `backend` answered, 0 to 1; 0 if there were none.
  double Share(const std::string& backend, const Period& period) const;

  /// When the last call was due that took longer than `latency`.
  std::optional<absl::Time> LastSlowerThan(absl::Duration latency, const Period& period) const;

  /// When `backend` first answered a call.
  std::optional<absl::Time> FirstAnswerOf(const std::string& backend, const Period& period) const;

  /// When `backend` answered a call and then no other for `length` or longer, all within the
  /// period.
  std::vector<absl::Time> SilencesOf(const std::string& backend, absl::Duration length,
                                     const Period& period) const;

 private:
  mutable std::mutex mu_;
  std::vector<Entry> entries_;  // guarded by mu_; in the order in which they ended
};

}  // namespace nines::bench
