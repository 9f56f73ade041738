// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "balancing/pick_table.h"
#include "endpoints/endpoint_state.h"
#include "nines/call.h"
#include "nines/policy.h"
#include "nines/random.h"

namespace nines {

// The walk over a call's candidates: the one idea of nines. Health, retry, tiers and the limits of
// load are all the same step: go on to the next candidate.
//
//   tiers       the one that the call draws by the tiers' loads, then the others in their order
//   in a tier   the first candidate that is usable; of `choices` usable ones, the least loaded
//   then        those of the tier that were only asked to take fewer calls (share, bounded load)
//   at last     the usable endpoint that this call tried longest ago
//
// So a usable endpoint is never missed, and none is repeated while an untried usable one is left.
//
// Lock-free, allocates nothing. Cost: one cache line per candidate looked at; with a share u of
// usable endpoints 1/u candidates on average, at most twice candidate_limit() per tier.

// What the walk finds of a candidate.
enum class Verdict : uint8_t {
  kUsable,
  kBlocked,     // by its flags: not connected, ejected, failed by probes, on trial, or by hand
  kFull,        // has as many calls in flight as it may
  kTried,       // by this call
  kOverBound,   // has more calls in flight than bounded load gives it
  kPassedOver,  // takes a share of its calls only, and this is not one of them
};

// A lease as the walk took it; nothing if nobody could take the call.
struct Taken {
  EndpointState* endpoint = nullptr;
  EndpointState::Grant grant = EndpointState::Grant::kNone;
  bool is_overflow = false;  // bounded load moved the call there
};

// What a call brings to the walk.
struct WalkCall {
  uint64_t seed;
  const CallMemory& memory;
  uint32_t mask;             // flags that forbid a pick
  uint64_t in_flight_total;  // of the pool; looked at with bounded load only
};

// Takes what the walk chooses, and otherwise does not look. The other visitor is Explainer, which
// looks at everything and takes nothing.
struct LeaseTaker {
  static void OnLook(const PickTable::Tier& /*tier*/, const EndpointState& /*candidate*/,
                     Verdict /*verdict*/) {}
  EndpointState::Grant Take(EndpointState& candidate, uint32_t mask, uint32_t limit) const {
    return candidate.TryLease(mask, limit, slot);
  }

  const ThreadSlot& slot = ThreadSlot::Own();
};

// The tier in which the call with this seed begins. One seed draws one number for ever, so a tier
// that loses load gives away some of its calls, and gets the same ones back.
inline uint32_t DrawTier(const PickTable& table, uint64_t seed) {
  const auto count = static_cast<uint32_t>(table.tiers.size());
  if (ABSL_PREDICT_TRUE(count == 1)) return 0;
  // A step back from the seed: the policies draw their candidates from the steps after it, and with
  // the same draw all calls of a backup tier would go to the few endpoints at its end.
  const auto draw = static_cast<uint32_t>(SplitMixScramble(seed - kSplitMixStep) >> 32);
  uint32_t tier = 0;
  while (tier + 1 < count && draw > table.tiers[tier].load_end.load(std::memory_order_relaxed)) {
    ++tier;
  }
  return tier;
}

// Whether an endpoint with a partial share takes the call with this seed: the same answer each
// time.
inline bool IsInShare(const EndpointState& candidate, uint64_t seed) {
  const uint32_t share = candidate.share();
  if (ABSL_PREDICT_TRUE(share == EndpointState::kFullShare)) return true;
  const uint64_t bits = SplitMixScramble(seed ^ (candidate.id() * kSplitMixStep));
  return static_cast<uint32_t>(bits >> 32) < share;
}

// Calls in flight and the one to come, as an endpoint of `weight` feels them beside one of
// `other_weight`: those in flight count for less if it is the larger one. The one to come does not:
// two idle endpoints are equal, whatever their weights, for the draws have weighed them already.
inline double RelativeLoad(uint32_t in_flight, double weight, double other_weight) {
  return in_flight * (weight + other_weight) / (2 * weight) + 1;
}

// Whether `a` is to be preferred: fewer calls in flight × usual latency. An endpoint whose latency
// is not known counts as fast as the other.
inline bool IsCheaper(const EndpointState& a, const EndpointState& b) {
  const bool knows_both = a.latency() != 0 && b.latency() != 0;
  const float a_latency = knows_both ? a.latency() : 1;
  const float b_latency = knows_both ? b.latency() : 1;
  const uint32_t a_weight = a.weight();
  const uint32_t b_weight = b.weight();
  if (ABSL_PREDICT_TRUE(a_weight == b_weight)) {
    return static_cast<float>(a.in_flight_to_compare() + 1) * a_latency <
           static_cast<float>(b.in_flight_to_compare() + 1) * b_latency;
  }
  return RelativeLoad(a.in_flight_to_compare(), a_weight, b_weight) * a_latency <
         RelativeLoad(b.in_flight_to_compare(), b_weight, a_weight) * b_latency;
}

// What a walk knows beforehand. A plain one is that of a call's first attempt over a plain table:
// the usual case, in which the compiler leaves most questions out. It saves some 4 of 16 ns of a
// random pick and 5 of 25 of one of two choices (`./dev bench pick`).
enum class WalkKind { kAny, kPlain };

// One walk. Confined to the call that makes it.
template <typename Visitor, WalkKind kKind = WalkKind::kAny>
class Walk {
 public:
  Walk(const PickTable& table, const WalkCall& call, Visitor& visitor)
      : table_(table), call_(call), visitor_(visitor) {}

  // The walks of a call that has tried nobody, over a plain table, for one choice and for several.
  // Where they find nobody, Run() may still.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Taken RunPlain() {
    static_assert(kKind == WalkKind::kPlain);
    const PickTable::Tier& tier = table_.tiers.front();
    if (tier.looks_ahead.load(std::memory_order_relaxed) && tier.candidate_limit > 1) {
      const Taken taken = TakeOfTwo(tier);
      if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) return taken;
    }
    for (uint32_t k = 0; k < tier.candidate_limit; ++k) {
      const Taken taken = TakePlain(CandidateOf(tier, k));
      if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) return taken;
    }
    return {};
  }

  Taken RunPlainChoice() {
    static_assert(kKind == WalkKind::kPlain);
    return RunPass<Pass::kStrict>(table_.tiers.front());
  }

  Taken Run() {
    const uint32_t first = DrawTier(table_, call_.seed);
    Taken taken = RunTier(table_.tiers[first]);
    if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) return taken;
    for (uint32_t i = 0; i < table_.tiers.size(); ++i) {
      if (i == first) continue;
      taken = RunTier(table_.tiers[i]);
      if (taken.endpoint != nullptr) return taken;
    }
    return tried_ != nullptr ? Take(*tried_, max_in_flight()) : Taken();
  }

 private:
  // Whether wishes (share, bounded load) hold like the rest.
  enum class Pass { kStrict, kRelaxed };

  EndpointState& CandidateOf(const PickTable::Tier& tier, uint32_t k) const {
    return *tier.endpoints[tier.candidates->Candidate(call_.seed, k)].get();
  }

  // Nobody asks why not, so what the taking itself looks at need not be looked at before.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Taken TakePlain(EndpointState& candidate) {
    if (!IsInShare(candidate, call_.seed)) return {};
    return Take(candidate, max_in_flight());
  }

  // Candidate 0, or if that is out of use, candidate 1; a call that gets neither begins at 0 again.
  // Looks at both and does not branch on the first: where every third endpoint is out of use, the
  // processor cannot know which, and a wrong guess costs as much as a whole pick.
  Taken TakeOfTwo(const PickTable::Tier& tier) {
    EndpointState* const two[] = {&CandidateOf(tier, 0), &CandidateOf(tier, 1)};
    const bool is_first_out = (two[0]->flags() & call_.mask) != 0;
    return TakePlain(*two[static_cast<size_t>(is_first_out)]);
  }

  // Usable candidates to choose from.
  struct Choice {
    std::array<EndpointState*, kMaxChoices> endpoints;
    uint32_t size = 0;

    bool Contains(const EndpointState* endpoint) const {
      for (uint32_t i = 0; i < size; ++i) {
        if (endpoints[i] == endpoint) return true;
      }
      return false;
    }
    // The least loaded, the earlier candidate of equals; it is removed.
    EndpointState* PopCheapest() {
      uint32_t cheapest = 0;
      for (uint32_t i = 1; i < size; ++i) {
        if (IsCheaper(*endpoints[i], *endpoints[cheapest])) cheapest = i;
      }
      EndpointState* const popped = endpoints[cheapest];
      endpoints[cheapest] = endpoints[--size];
      return popped;
    }
  };

  // Candidates per choice looked at before fewer choices will do: else a pool in which few are left
  // would be searched for others in every call. With half of the endpoints usable, of two choices 3
  // calls in 100 get only one.
  static constexpr uint32_t kLooksPerChoice = 4;

  // More calls than can be in flight, and still a uint32_t.
  static constexpr double kUnbounded = 4e9;

  Taken RunTier(const PickTable::Tier& tier) {
    is_someone_spared_ = false;
    is_over_bound_ = false;
    if (ABSL_PREDICT_FALSE(is_load_bounded())) SetBound(tier);
    Taken taken = RunPass<Pass::kStrict>(tier);
    if (ABSL_PREDICT_FALSE(is_someone_spared_)) {
      if (taken.endpoint == nullptr) return RunPass<Pass::kRelaxed>(tier);
      taken.is_overflow = is_over_bound_;
    }
    return taken;
  }

  template <Pass kPass>
  Taken RunPass(const PickTable::Tier& tier) {
    Choice choice;
    for (uint32_t k = 0; k < tier.candidate_limit; ++k) {
      if (choice.size != 0 &&
          (choice.size == table_.choices || k >= table_.choices * kLooksPerChoice)) {
        const Taken taken = TakeCheapest<kPass>(choice);
        if (taken.endpoint != nullptr) return taken;
      }
      EndpointState& candidate = CandidateOf(tier, k);
      const Verdict verdict = Look<kPass>(candidate);
      visitor_.OnLook(tier, candidate, verdict);
      if (verdict != Verdict::kUsable) continue;
      if (ABSL_PREDICT_TRUE(table_.choices == 1)) {
        const Taken taken = TakeInPass<kPass>(candidate);
        if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) return taken;
      } else if (!choice.Contains(&candidate)) {
        choice.endpoints[choice.size++] = &candidate;
      }
    }
    return TakeCheapest<kPass>(choice);
  }

  template <Pass kPass>
  Verdict Look(EndpointState& candidate) {
    if ((candidate.flags() & call_.mask) != 0) return Verdict::kBlocked;
    // Read only if it matters: it may be a sum over threads.
    const uint32_t in_flight = has_limits() ? candidate.in_flight() : 0;
    if (in_flight >= max_in_flight()) return Verdict::kFull;
    if (has_attempts() && IsTried(candidate)) return Verdict::kTried;
    if (kPass == Pass::kRelaxed) return Verdict::kUsable;
    if (!IsInShare(candidate, call_.seed)) {
      is_someone_spared_ = true;
      return Verdict::kPassedOver;
    }
    if (ABSL_PREDICT_FALSE(is_load_bounded()) && in_flight >= Bound(candidate)) {
      is_someone_spared_ = is_over_bound_ = true;
      return Verdict::kOverBound;
    }
    return Verdict::kUsable;
  }

  bool has_limits() const {
    return is_load_bounded() || max_in_flight() != EndpointState::kNoLimit;
  }
  bool is_load_bounded() const { return kKind == WalkKind::kAny && table_.is_load_bounded; }
  bool has_attempts() const { return kKind == WalkKind::kAny && call_.memory.attempts() != 0; }
  uint32_t max_in_flight() const {
    return kKind == WalkKind::kAny ? table_.max_in_flight : EndpointState::kNoLimit;
  }

  bool IsTried(EndpointState& candidate) {
    const uint32_t ago = call_.memory.AttemptsSince(candidate.id());
    if (ago > tried_ago_) {
      tried_ = &candidate;
      tried_ago_ = ago;
    }
    return ago != 0;
  }

  template <Pass kPass>
  Taken TakeCheapest(Choice& choice) {
    while (choice.size != 0) {
      const Taken taken = TakeInPass<kPass>(*choice.PopCheapest());
      if (taken.endpoint != nullptr) return taken;
    }
    return {};
  }

  // Nothing if others were faster since the look: then it may be that only wishes are in the way.
  template <Pass kPass>
  Taken TakeInPass(EndpointState& candidate) {
    const bool is_bound = kPass == Pass::kStrict && ABSL_PREDICT_FALSE(is_load_bounded());
    const Taken taken =
        Take(candidate, is_bound ? std::min(max_in_flight(), Bound(candidate)) : max_in_flight());
    if (ABSL_PREDICT_FALSE(taken.endpoint == nullptr)) {
      is_someone_spared_ = true;
      if (is_bound) is_over_bound_ = true;
    }
    return taken;
  }

  Taken Take(EndpointState& candidate, uint32_t limit) {
    const EndpointState::Grant grant = visitor_.Take(candidate, call_.mask, limit);
    return grant == EndpointState::Grant::kNone ? Taken() : Taken{&candidate, grant};
  }

  // Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): no endpoint gets
  // more than ⌈factor × its share of all calls in flight, this one counted⌉. Of several tiers each
  // bounds by the total, so that a backup is bounded late.
  void SetBound(const PickTable::Tier& tier) {
    const uint64_t weight = tier.usable_weight.load(std::memory_order_relaxed);
    const auto total = static_cast<double>(call_.in_flight_total + 1);
    bound_per_weight_ =
        weight == 0 ? kUnbounded : table_.bounded_load * total / static_cast<double>(weight);
  }
  uint32_t Bound(const EndpointState& candidate) const {
    // Rounded up, but for what a product of doubles is off by.
    const double bound = bound_per_weight_ * candidate.weight() - 1e-9;
    return bound < 0 ? 0 : static_cast<uint32_t>(std::min(bound, kUnbounded)) + 1;
  }

  const PickTable& table_;
  const WalkCall& call_;
  Visitor& visitor_;
  EndpointState* tried_ = nullptr;  // usable, and tried longest ago
  uint32_t tried_ago_ = 0;
  // Of the tier being walked:
  double bound_per_weight_ = 0;
  bool is_someone_spared_ = false;  // whom the relaxed pass may find usable
  bool is_over_bound_ = false;      // the same, for bounded load
};

}  // namespace nines
