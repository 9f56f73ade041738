// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/round_robin_policy.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "identity.h"
#include "mix.h"
#include "modulo.h"
#include "stride_schedule.h"
#include "sweep.h"

namespace nines {
namespace {

// Candidate 0 is whose turn it is. The further ones are drawn from the schedule, by weight, and not
// the turns that follow: those would give all calls of an endpoint that is down to whoever comes
// after it, which then has twice its share.
//
// Slot is the smallest type that the endpoints' indexes fit into.
template <typename Slot>
class RoundRobinTable final : public CandidateTable {
 public:
  RoundRobinTable(std::vector<Slot> schedule, Sweep sweep)
      : schedule_(std::move(schedule)),
        turn_of_(static_cast<uint32_t>(schedule_.size())),
        sweep_(std::move(sweep)) {}

  uint32_t Candidate(uint64_t seed, uint32_t k) const override {
    // The lower half of the seed counts the turns, so that one in 2³² is out of turn.
    if (k == 0) return schedule_[turn_of_(LowBits(seed))];
    if (k >= kDraws) return sweep_.Candidate(seed, k);
    return schedule_[Scale(HighBits(Mix(seed, k)), static_cast<uint32_t>(schedule_.size()))];
  }

  uint32_t candidate_limit() const override { return sweep_.candidate_limit(); }

 private:
  const std::vector<Slot> schedule_;
  const Modulo turn_of_;
  const Sweep sweep_;
};

template <typename Slot>
std::unique_ptr<const CandidateTable> MakeTable(absl::Span<const Endpoint> endpoints) {
  std::vector<uint32_t> order = CanonicalOrder(endpoints);
  std::vector<uint32_t> weights;
  weights.reserve(order.size());
  for (const uint32_t index : order) weights.push_back(endpoints[index].weight);
  std::vector<Slot> schedule;
  for (const uint32_t member : BuildStrideSchedule(weights)) {
    schedule.push_back(static_cast<Slot>(order[member]));
  }
  schedule.shrink_to_fit();
  return std::make_unique<RoundRobinTable<Slot>>(std::move(schedule), Sweep(std::move(order)));
}

class RoundRobinPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "roundRobin"; }

  SeedSource seed_source() const override { return SeedSource::kSequence; }

  uint32_t choices() const override { return 1; }

  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return endpoints.size() <= std::numeric_limits<uint16_t>::max()
               ? MakeTable<uint16_t>(endpoints)
               : MakeTable<uint32_t>(endpoints);
  }
};

}  // namespace

std::shared_ptr<const Policy> MakeRoundRobinPolicy() {
  return std::make_shared<RoundRobinPolicy>();
}

}  // namespace nines
