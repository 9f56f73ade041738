// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lookup_query.h"
#include "nines/endpoint.h"

namespace nines {

/// What a lookup has found.
struct FoundEndpoints {
  /// Never empty, in an order that depends on nothing but themselves.
  EndpointList endpoints;
  absl::Duration ttl;  // the least of all records that led to what is new
  /// A part could not be asked; its endpoints are those that were known before.
  bool is_partial = false;
  /// Addresses in the answer that no server can have.
  std::set<std::string> refused;
  /// The service config for this client; NotFound: DNS says that there is none; else it could not
  /// say, or what it said is wrong. Nothing: it was not asked for.
  std::optional<absl::StatusOr<std::string>> service_config = std::nullopt;
};

/// Looks up the endpoints of one target; remembers what it found, for the parts of a later answer
/// that are missing. Confined to the event loop's thread.
class EndpointLookup {
 public:
  /// NotFound: DNS says that there are none. Any other error: it could not say.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<FoundEndpoints>)>;

  virtual ~EndpointLookup() = default;

  /// As if these had been found before, where they say enough for that; some do, hence no pure
  /// method. Before the first Start().
  virtual void Restore(const EndpointList& /*endpoints*/) {}

  /// `done` is called once, later, never from within, and may destroy the query. One query at a
  /// time, which the lookup outlives.
  [[nodiscard]] virtual std::unique_ptr<LookupQuery> Start(Callback done) = 0;

  /// What was found counts no more, not for the parts of a later answer either. REQUIRES: no query
  /// is under way.
  virtual void Forget() = 0;
};

}  // namespace nines
