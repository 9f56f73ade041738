// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "snapshot.h"

namespace nines::demo {

/// Merges what the two nines channels say of their endpoints, and works out rates from one reading
/// to the next. Thread-compatible.
class EndpointRows {
 public:
  /// The rows at `now`, in the order of the addresses; rates are means over the last second.
  std::vector<EndpointRow> Update(absl::Time now, const std::vector<EndpointStatus>& by_hash,
                                  const std::vector<EndpointStatus>& at_random);

 private:
  /// Attempts that had ended at one moment, by address.
  struct Reading {
    absl::Time time;
    std::map<std::string, uint64_t> calls;
  };

  static double Rate(const Reading& from, const Reading& to, const std::string& address);

  std::deque<Reading> readings_;  // oldest first; all but the first are of the last second
};

}  // namespace nines::demo
