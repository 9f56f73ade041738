// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "results.h"
#include "subject.h"

namespace nines::bench {

/// A subject and what it takes of the heap.
struct MadeSubject {
  std::unique_ptr<Subject> subject;
  size_t heap_bytes = 0;
};

/// Something to measure, at any size.
struct System {
  std::string name;   // for machines
  std::string title;  // for people
  Origin origin = Origin::kBaseline;
  /// Whether the report of an outcome is more than the end of a lease.
  bool reports = false;
  /// Whether hosts can go out of use, come and go.
  bool changes = true;
  std::function<absl::StatusOr<MadeSubject>(size_t endpoints)> make;
};

/// Names that goals are about.
inline constexpr char kHash[] = "nines_hash";
inline constexpr char kHashEjected[] = "nines_hash_ejected";
inline constexpr char kRandom[] = "nines_random";
inline constexpr char kLeastRequest[] = "nines_least_request";
inline constexpr char kRoundRobin[] = "nines_round_robin";
inline constexpr char kBufferedRing[] = "buffered_ring";
inline constexpr char kSharedMaglev[] = "shared_maglev";

/// Ours first, then the baselines. A policy that this build of nines lacks is left out, and `notes`
/// says so.
std::vector<System> AllSystems(std::vector<std::string>& notes);

}  // namespace nines::bench
