// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "balancing/walk.h"
#include "nines/balancer.h"

namespace nines {

// The walk's visitor that looks at every candidate and takes none: it refuses what the walk wants
// to take, so that the walk goes on to the end. What is asked for first is what the call would get.
//
// Confined to one thread; reads, and changes nothing.
class Explainer {
 public:
  // For the walk:
  void OnLook(const PickTable::Tier& tier, const EndpointState& candidate, Verdict verdict);
  EndpointState::Grant Take(EndpointState& candidate, uint32_t mask, uint32_t limit);

  bool has_taken() const { return taken_.candidate != nullptr; }

  // Each endpoint once, in the order of the first look.
  std::vector<CandidateVerdict> Verdicts() const;

 private:
  struct Seen {
    const EndpointState* candidate;
    uint32_t tier;
    Verdict verdict;
  };

  CandidateVerdict::Kind KindOf(const Seen& seen) const;

  std::vector<Seen> seen_;
  absl::flat_hash_map<const EndpointState*, uint32_t> places_;  // in seen_
  Seen taken_{nullptr, 0, Verdict::kUsable};                    // what the call would get
};

}  // namespace nines
