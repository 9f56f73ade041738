// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "systems.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "allocations.h"
#include "balancer_subject.h"
#include "baseline_subjects.h"

namespace nines::bench {
namespace {

// Longer than any run: nobody returns meanwhile.
constexpr absl::Duration kForTheRun = absl::Hours(10);

System OurSystem(std::string name, std::string title, AlgorithmConfig algorithm,
                 double ejected_ratio = 0) {
  System system{std::move(name),  std::move(title), Origin::kNines,
                /*reports=*/true, /*changes=*/true, {}};
  system.make = [config = MakeConfig(std::move(algorithm), kForTheRun),
                 ejected_ratio](size_t endpoints) -> absl::StatusOr<MadeSubject> {
    auto balancer = MakeBalancer(config, endpoints);
    if (!balancer.ok()) return balancer.status();
    EjectSome(*balancer, static_cast<size_t>(ejected_ratio * static_cast<double>(endpoints)));
    const size_t heap_bytes = balancer->heap_bytes;
    return MadeSubject{MakeBalancerSubject(*std::move(balancer), endpoints), heap_bytes};
  };
  return system;
}

System Baseline(std::string name, std::string title, std::unique_ptr<Subject> (*make)(size_t hosts),
                bool reports = false) {
  System system{std::move(name), std::move(title), Origin::kBaseline,
                reports,         /*changes=*/true, {}};
  system.make = [make](size_t hosts) -> absl::StatusOr<MadeSubject> {
    const size_t before = Allocations::Now().live_bytes;
    MadeSubject made{make(hosts)};
    made.heap_bytes = Allocations::Now().live_bytes - before;
    return made;
  };
  return system;
}

}  // namespace

std::vector<System> AllSystems(std::vector<std::string>& notes) {
  constexpr double kEjectedRatio = 0.3;
  std::vector<System> systems;
  for (System& ours : std::vector<System>{
           OurSystem(kHash, "nines hash", HashConfig{}),
           OurSystem(kHashEjected, "nines hash, 30 % ejected", HashConfig{}, kEjectedRatio),
           OurSystem(kRandom, "nines random", RandomConfig{}),
           OurSystem(kLeastRequest, "nines leastRequest", LeastRequestConfig{}),
           OurSystem(kRoundRobin, "nines roundRobin", RoundRobinConfig{})}) {
    if (const auto made = ours.make(1); made.ok()) {
      systems.push_back(std::move(ours));
    } else {
      notes.push_back(absl::StrCat(ours.title, " is left out: ", made.status().message()));
    }
  }
  systems.push_back(Baseline(kSharedMaglev, "Maglev, rebuilt per change", MakeSharedMaglevSubject));
  systems.push_back(
      Baseline("shared_ring", "ring 1024+, rebuilt per change", MakeSharedRingSubject));
  systems.push_back(Baseline(kBufferedRing, "doubly-buffered ring", MakeBufferedRingSubject));
  systems.push_back(
      Baseline("buffered_random", "doubly-buffered random", MakeBufferedRandomSubject));
  systems.push_back(Baseline("buffered_two_choices", "doubly-buffered 2 choices",
                             MakeBufferedTwoChoicesSubject, /*reports=*/true));
  systems.push_back(Baseline("locked_copy", "round robin, locked copy", MakeLockedCopySubject));
  systems.push_back(Baseline("locked_pick", "round robin, locked pick", MakeLockedPickSubject));
  systems.push_back(Baseline("slot_floor", "floor: slot, line", MakeSlotFloorSubject));
  systems.back().changes = false;
  systems.push_back(Baseline("two_lines_floor", "floor: 2 lines, count", MakeTwoLinesFloorSubject));
  systems.back().changes = false;
  return systems;
}

}  // namespace nines::bench
