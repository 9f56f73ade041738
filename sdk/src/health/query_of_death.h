// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/endpoint_table.h"
#include "nines/call.h"

namespace nines {

// The guard against a call that fails wherever it goes, or kills who serves it: retried on and on
// it would take one endpoint after the other.
//
// A call is to blame if it failed on kEndpoints endpoints, and these are otherwise well: since it
// failed there, others' calls have ended well there; or the endpoint's connection is gone, as that
// of a server is that died of it. Of the latest, which had no time to show either, it is enough
// that no other call failed there just before. An endpoint on which others fail, too, clears the
// call, and it is retried like any other: where three of five endpoints are bad, its next attempt
// may be the good one.
//
// Free of state and clock. O(endpoints), for calls that failed so often only.
class QueryOfDeath {
 public:
  using Records = std::vector<std::shared_ptr<EndpointRecord>>;

  // Two may be chance, and four are two servers killed for nothing; gRPC makes at most five
  // attempts of a call.
  static constexpr uint32_t kEndpoints = 3;

  // Whether the call is to blame for all its failures, of which the latest is not counted yet. If
  // so, takes those that are counted back, and returns the addresses, joined by ", ".
  static std::optional<std::string> Judge(const Records& records, const CallMemory& memory);
};

}  // namespace nines
