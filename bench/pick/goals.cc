// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "goals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "systems.h"

namespace nines::bench {
namespace {

using Bound = Goal::Bound;

// The sizes that "n = 10 … 10,000" means.
constexpr size_t kMaxUsualSize = 10'000;
constexpr char kWorst[] = ", worst of n = 10 … 10,000";

class Judge {
 public:
  explicit Judge(const Results& results) : results_(results) {}

  std::vector<Goal> Run() {
    JudgeHash();
    JudgeOtherPolicies();
    JudgeGrowthAndThreads();
    JudgeChanges();
    JudgeMemory();
    if (results_.grpc) {
      AtLeast("in gRPC: calls/s of hash by header ÷ stock round_robin", results_.grpc->ratio, 0.98);
    }
    return std::move(goals_);
  }

 private:
  void AtMost(std::string title, double measured, double limit, std::string unit = "") {
    goals_.push_back({std::move(title), measured, Bound::kAtMost, limit, std::move(unit)});
  }
  void AtLeast(std::string title, double measured, double limit) {
    goals_.push_back({std::move(title), measured, Bound::kAtLeast, limit, ""});
  }

  // Largest median over the usual sizes.
  static double Worst(const FigureBySize& figures) {
    double worst = 0;
    for (const auto& [size, figure] : figures) {
      if (size <= kMaxUsualSize) worst = std::max(worst, figure.median);
    }
    return worst;
  }

  // Largest quotient over the usual sizes that both have.
  static double WorstRatio(const FigureBySize& numerators, const FigureBySize& denominators) {
    double worst = 0;
    for (const auto& [size, figure] : numerators) {
      const auto other = denominators.find(size);
      if (size > kMaxUsualSize || other == denominators.end()) continue;
      worst = std::max(worst, figure.median / other->second.median);
    }
    return worst;
  }

  // nullptr if its picks were not measured.
  const SystemResults* FindPicked(const char* name) const {
    const SystemResults* system = results_.Find(name);
    return system == nullptr || system->pick_ns.empty() ? nullptr : system;
  }

  void JudgeHash() {
    const SystemResults* hash = FindPicked(kHash);
    if (hash == nullptr) return;
    AtMost(absl::StrCat("hash pick", kWorst), Worst(hash->pick_ns), 20, "ns");
    if (const SystemResults* maglev = FindPicked(kSharedMaglev)) {
      AtMost(absl::StrCat("hash pick ÷ ", maglev->title, kWorst),
             WorstRatio(hash->pick_ns, maglev->pick_ns), 1);
    }
    if (const SystemResults* ring = FindPicked(kBufferedRing)) {
      for (const auto& [size, limit] : {std::pair<size_t, double>{1'000, 5}, {10'000, 20}}) {
        if (hash->pick_ns.count(size) == 0 || ring->pick_ns.count(size) == 0) continue;
        AtLeast(absl::StrCat(ring->title, " ÷ hash pick, n = ", size == 1'000 ? "1,000" : "10,000"),
                ring->pick_ns.at(size).median / hash->pick_ns.at(size).median, limit);
      }
    }
    if (const SystemResults* ejected = FindPicked(kHashEjected)) {
      AtMost(absl::StrCat("hash pick with 30 % ejected ÷ with none", kWorst),
             WorstRatio(ejected->pick_ns, hash->pick_ns), 1.6);
    }
  }

  void JudgeOtherPolicies() {
    if (const SystemResults* random = FindPicked(kRandom)) {
      AtMost(absl::StrCat("random pick", kWorst), Worst(random->pick_ns), 12, "ns");
    }
    if (const SystemResults* least = FindPicked(kLeastRequest)) {
      AtMost(absl::StrCat("leastRequest pick", kWorst), Worst(least->pick_ns), 25, "ns");
      AtMost(absl::StrCat("leastRequest pick + report", kWorst), Worst(least->pick_and_report_ns),
             50, "ns");
    }
  }

  void JudgeGrowthAndThreads() {
    for (const SystemResults& system : results_.systems) {
      if (system.origin != Origin::kNines) continue;
      const auto usual = system.pick_ns.find(1'000);
      const auto large = system.pick_ns.find(100'000);
      if (usual != system.pick_ns.end() && large != system.pick_ns.end()) {
        AtMost(absl::StrCat(system.title, " pick, n = 100,000 ÷ n = 1,000"),
               large->second.median / usual->second.median, 2);
      }
      if (system.speed_up) {
        AtLeast(absl::StrCat(system.title, ", rate of two threads ÷ one, n = 1,000"),
                system.speed_up->median, 1.9);
      }
    }
  }

  void JudgeChange(const std::string& title, const ChangeCost& cost) {
    AtMost(title, cost.ns.median / 1000, 1, "µs");
    AtMost(absl::StrCat(title, ", allocations"), cost.allocations, 0);
  }

  void JudgeChanges() {
    if (results_.ejections) {
      JudgeChange("a failed call ejects its endpoint, n = 10,000", results_.ejections->eject);
      JudgeChange("a trial call readmits its endpoint, n = 10,000", results_.ejections->readmit);
    }
    const SystemResults* hash = results_.Find(kHash);
    if (hash != nullptr && hash->health_change) {
      JudgeChange("an endpoint's connection is lost or back, n = 10,000", *hash->health_change);
    }
    if (hash != nullptr && hash->membership_ms) {
      AtMost("an endpoint is added or removed, n = 10,000", hash->membership_ms->median, 5, "ms");
    }
    if (results_.tail) {
      AtMost("p99.99 of picks while that goes on ÷ quiet", results_.tail->ratio.median, 2);
    }
  }

  void JudgeMemory() {
    if (!results_.memory) return;
    AtMost("an endpoint's state", results_.memory->state_bytes, 128, "B");
    AtMost("heap per slot of the hash table", results_.memory->heap_per_slot, 4, "B");
    AtMost("allocations per pick", results_.memory->allocations_per_pick, 0);
  }

  const Results& results_;
  std::vector<Goal> goals_;
};

}  // namespace

std::vector<Goal> JudgeGoals(const Results& results) { return Judge(results).Run(); }

}  // namespace nines::bench
