// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nines/endpoint.h"

namespace nines {

/// A policy's order of candidates for every call, over the endpoints of one update. Built over all
/// *known* endpoints: health is not in it, so an ejection changes nothing here.
///
/// Immutable, thread-safe. Its methods are the pick path: no lock, no allocation, no system call.
class CandidateTable {
 public:
  virtual ~CandidateTable() = default;

  /// Candidate number `k` of the call with this seed: an index into the endpoints the table was
  /// built from. Pure: the same (table, seed, k) gives the same endpoint in every process. Seeds
  /// are uniformly distributed, but for those of a kSequence.
  /// The order may name an endpoint more than once. May be asked of calls to come, to have their
  /// memory fetched. REQUIRES: k < candidate_limit().
  virtual uint32_t Candidate(uint64_t seed, uint32_t k) const = 0;

  /// Candidates 0 … limit - 1 name every endpoint at least once. 0 only for an empty table.
  virtual uint32_t candidate_limit() const = 0;
};

/// Usable candidates that are compared in one pick at most. Beyond a few the gain is small, and
/// each costs a look at an endpoint. gRFC A48's maximum.
inline constexpr uint32_t kMaxChoices = 10;

/// How calls are spread: makes the tables. Pure: no I/O, no clock, no randomness of its own.
/// Immutable, thread-safe.
class Policy {
 public:
  /// Where the seed of a call comes from.
  enum class SeedSource {
    kRandom,    // a fresh random seed per call
    kHashKey,   // the hash of the call's key; random for a call that has none
    kSequence,  // each call of a thread the number after the one before, from a random start
  };

  virtual ~Policy() = default;

  /// Name in the service config: "random", "hash", …
  virtual absl::string_view name() const = 0;

  virtual SeedSource seed_source() const = 0;

  /// How many usable candidates are compared by load; the least loaded takes the call. 1: the first
  /// usable one does. At most kMaxChoices.
  virtual uint32_t choices() const = 0;

  /// The table for `endpoints`, which may be empty and have no zones or attributes. Depends on each
  /// endpoint's identity and weight, not on the order of the list (indexes do, of course).
  virtual std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const = 0;
};

}  // namespace nines
