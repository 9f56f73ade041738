// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The data plane of Balancer::Core: from a call to an endpoint.

#include <algorithm>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "balancing/balancer_core.h"
#include "balancing/explain.h"
#include "balancing/pick_failure.h"
#include "endpoints/attempt_time.h"

namespace nines {
namespace {

// How long before a pick its memory is fetched. Where picks follow each other at once, the next
// one comes before its lines do: at 100,000 endpoints, three ahead take 42 to 53 ns, one ahead 67
// to 85 (docs/decisions/pick-limits.md). Where calls take their time in between, it matters less.
constexpr uint64_t kCallsAhead = 3;

// Whether a pick now may give the endpoint a call.
bool MayTake(const EndpointState& endpoint, uint32_t mask, const PickTable& table) {
  return (endpoint.flags() & mask) == 0 && endpoint.in_flight() < table.max_in_flight;
}

}  // namespace

PickResult Balancer::Core::Pick(const Call& call, CallMemory& memory) {
  {
    const ReadSection section;
    const PickTable& table = data_plane_.table.Get(section);
    if (ABSL_PREDICT_TRUE(!memory.seed().has_value())) BeginCall(section, table, call, memory);
    const uint32_t mask = data_plane_.mask.load(std::memory_order_relaxed);
    const Taken taken = Take(section, table, memory, mask);
    if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) {
      if (ABSL_PREDICT_FALSE(mask == EndpointState::kHardFlags)) stripes_.Add(PickStripes::kPanic);
      return ToPicked(table, taken, memory);
    }
  }
  return PickOrFail(memory);
}

inline Taken Balancer::Core::Take(const ReadSection& section, const PickTable& table,
                                  const CallMemory& memory, uint32_t mask) const {
  if (ABSL_PREDICT_TRUE(table.is_plain && memory.attempts() == 0)) {
    LeaseTaker taker{section.slot()};
    const WalkCall first{*memory.seed(), memory, mask, 0};
    const Taken taken = ABSL_PREDICT_TRUE(table.choices == 1)
                            ? Walk<LeaseTaker, WalkKind::kPlain>(table, first, taker).RunPlain()
                            : TakeByChoice(section, table, memory, mask);
    if (ABSL_PREDICT_TRUE(taken.endpoint != nullptr)) return taken;
  }
  return TakeByWalk(section, table, memory, mask);
}

// Apart from the pick, whose registers it would take.
ABSL_ATTRIBUTE_NOINLINE Taken Balancer::Core::TakeByChoice(const ReadSection& section,
                                                           const PickTable& table,
                                                           const CallMemory& memory,
                                                           uint32_t mask) {
  LeaseTaker taker{section.slot()};
  const WalkCall first{*memory.seed(), memory, mask, 0};
  return Walk<LeaseTaker, WalkKind::kPlain>(table, first, taker).RunPlainChoice();
}

ABSL_ATTRIBUTE_NOINLINE Taken Balancer::Core::TakeByWalk(const ReadSection& section,
                                                         const PickTable& table,
                                                         const CallMemory& memory,
                                                         uint32_t mask) const {
  LeaseTaker taker{section.slot()};
  const WalkCall call = ToWalk(table, memory, mask);
  return Walk<LeaseTaker>(table, call, taker).Run();
}

// The call's seed, which all of its attempts share; and what is known of earlier attempts.
inline void Balancer::Core::BeginCall(const ReadSection& section, const PickTable& table,
                                      const Call& call, CallMemory& memory) {
  switch (table.seed_source) {
    case Policy::SeedSource::kHashKey:
      memory.set_seed(table.key_hasher.HashOr(call, [this] { return KeylessSeed(); }));
      break;
    case Policy::SeedSource::kSequence:
      memory.set_seed(section.slot().NextTurn(id_, [this] { return random_.Next(); }));
      if (ABSL_PREDICT_FALSE(table.fetches_ahead)) {
        FetchAhead(section, table, *memory.seed() + kCallsAhead);
      }
      break;
    case Policy::SeedSource::kRandom:
      memory.set_seed(ABSL_PREDICT_FALSE(table.fetches_ahead) ? RandomSeedAhead(section, table)
                                                              : random_.Next());
      break;
  }
  if (ABSL_PREDICT_FALSE(call.forgotten_attempts != 0)) RecallForgotten(table, call, memory);
}

// A random seed of which the thread knows the next ones: SplitMix64 from a random start.
ABSL_ATTRIBUTE_NOINLINE uint64_t Balancer::Core::RandomSeedAhead(const ReadSection& section,
                                                                 const PickTable& table) {
  const uint64_t turn = section.slot().NextTurn(id_, [this] { return random_.Next(); });
  FetchAhead(section, table, SplitMixScramble((turn + kCallsAhead) * kSplitMixStep));
  return SplitMixScramble(turn * kSplitMixStep);
}

// Has the processor fetch what a pick with this seed, one of this thread's next, would wait for:
// slot, pointer and line, one after the other, of its first candidates. If the table is another by
// then, this was for nothing: nothing that is fetched is kept. Apart from the pick, whose registers
// it would take.
ABSL_ATTRIBUTE_NOINLINE void Balancer::Core::FetchAhead(const ReadSection& section,
                                                        const PickTable& table, uint64_t seed) {
  const PickTable::Tier& tier = table.tiers[DrawTier(table, seed)];
  const uint32_t looks = std::min(table.choices, tier.candidate_limit);
  for (uint32_t k = 0; k < looks; ++k) {
    const EndpointState& candidate = *tier.endpoints[tier.candidates->Candidate(seed, k)];
    candidate.FetchLine();
    if (table.uses_lease_cells) candidate.FetchCell(section.slot());
  }
}

uint64_t Balancer::Core::KeylessSeed() {
  stripes_.Add(PickStripes::kKeyless);
  return random_.Next();
}

// What BeginCall() would give the next call such as this one; of random seeds, one of them.
uint64_t Balancer::Core::PeekSeed(const ReadSection& section, const PickTable& table,
                                  const Call& call) const {
  if (table.seed_source == Policy::SeedSource::kSequence) {
    return section.slot().PeekTurn(id_, [this] { return random_.Next(); });
  }
  const auto random = [this] { return random_.Next(); };
  return table.seed_source == Policy::SeedSource::kHashKey ? table.key_hasher.HashOr(call, random)
                                                           : random();
}

// Adds to `memory` what earlier attempts that it did not see most likely had: with a key, the first
// candidates of its order; without one, endpoints whose latest attempts failed.
void Balancer::Core::RecallForgotten(const PickTable& table, const Call& call,
                                     CallMemory& memory) const {
  const uint64_t seed = *memory.seed();
  const bool has_key =
      table.seed_source == Policy::SeedSource::kHashKey && table.key_hasher.HasKey(call);
  const uint32_t mask = data_plane_.mask.load(std::memory_order_relaxed);
  const PickTable::Tier& tier = table.tiers[DrawTier(table, seed)];
  const uint32_t wanted =
      std::min(call.forgotten_attempts, static_cast<uint32_t>(CallMemory::kCapacity));
  for (uint32_t k = 0; k < tier.candidate_limit && memory.attempts() < wanted; ++k) {
    const EndpointState& candidate = *tier.endpoints[tier.candidates->Candidate(seed, k)];
    if ((candidate.flags() & mask) != 0 || memory.AttemptsSince(candidate.id()) != 0) continue;
    if (has_key || candidate.is_failing()) memory.AddTried(candidate.id());
  }
}

inline WalkCall Balancer::Core::ToWalk(const PickTable& table, const CallMemory& memory,
                                       uint32_t mask) const {
  return {*memory.seed(), memory, mask,
          ABSL_PREDICT_FALSE(table.is_load_bounded) ? stripes_.in_flight() : 0};
}

inline PickResult Balancer::Core::ToPicked(const PickTable& table, const Taken& taken,
                                           CallMemory& memory) {
  EndpointState& endpoint = *taken.endpoint;
  memory.AddTried(endpoint.id());
  const bool is_counted = table.is_load_bounded;
  if (ABSL_PREDICT_FALSE(is_counted)) stripes_.AddInFlight(1);
  if (ABSL_PREDICT_FALSE(taken.is_overflow)) stripes_.Add(PickStripes::kOverflow);
  Picked picked{Lease(&endpoint, endpoint.generation())};
  picked.lease.is_trial_ = taken.grant == EndpointState::Grant::kTrial;
  picked.lease.is_counted_ = is_counted;
  picked.lease.is_in_word_ = !table.uses_lease_cells;
  return picked;
}

// The pick of last resort.
PickResult Balancer::Core::PickOrFail(CallMemory& memory) {
  PickResult result = PickUnderLock(memory);
  const bool is_starved = !std::holds_alternative<Picked>(result);
  if (is_starved && limits_in_flight_.load(std::memory_order_relaxed)) WakeStarvedSoon();
  return result;
}

// Under the lock, so that either it sees the change that would help it, or
// that change sees that it is starved and wakes the caller.
PickResult Balancer::Core::PickUnderLock(CallMemory& memory) {
  MutexLock lock(mutex_);
  const ReadSection section;
  const PickTable& table = data_plane_.table.Get(section);
  Taken taken = TakeByWalk(section, table, memory, engine_.pick_mask());
  if (taken.endpoint == nullptr && engine_.may_override_health()) {
    // Nobody whom health approves of is left: better a doubtful endpoint than a certain failure.
    taken = TakeByWalk(section, table, memory, EndpointState::kHardFlags);
    if (taken.endpoint != nullptr) stripes_.Add(PickStripes::kAgainstHealth);
  }
  if (taken.endpoint != nullptr) return ToPicked(table, taken, memory);
  is_starved_ = true;
  return WhyNoneLocked(table);
}

PickResult Balancer::Core::WhyNoneLocked(const PickTable& table) const {
  if (loop_ == nullptr) {
    return Unavailable{absl::UnavailableError(absl::StrCat(target_, ": shut down"))};
  }
  if (!is_resolved_ && resolve_error_.ok()) return Wait{};
  if (IsTableBehindLocked()) return Wait{};  // who is new is not in it yet, and will be in no time
  if (table_.empty()) return Unavailable{NoEndpointsError(target_, resolve_error_)};
  if (IsStillConnecting(table_)) return Wait{};
  return Unavailable{NoUsableEndpointError(target_, table_, table.max_in_flight)};
}

bool Balancer::Core::CanPickUntried(const CallMemory& memory) const {
  const ReadSection section;
  const PickTable& table = data_plane_.table.Get(section);
  const uint32_t mask = data_plane_.mask.load(std::memory_order_relaxed);
  for (const PickTable::Tier& tier : table.tiers) {
    for (const EndpointRef& endpoint : tier.endpoints) {
      if (MayTake(*endpoint, mask, table) && memory.AttemptsSince(endpoint->id()) == 0) return true;
    }
  }
  return false;
}

bool Balancer::Core::MayEndIn(absl::Duration time_left, const CallMemory& memory) const {
  const ReadSection section;
  const PickTable& table = data_plane_.table.Get(section);
  const uint32_t mask = data_plane_.mask.load(std::memory_order_relaxed);
  bool has_untried = false;
  bool has_tried = false;
  bool is_tried_fast = false;
  for (const PickTable::Tier& tier : table.tiers) {
    for (const EndpointRef& endpoint : tier.endpoints) {
      if (!MayTake(*endpoint, mask, table)) continue;
      const bool is_fast = nines::MayEndIn(
          time_left, absl::Nanoseconds(static_cast<int64_t>(endpoint->typical_latency())));
      if (memory.AttemptsSince(endpoint->id()) == 0) {
        if (is_fast) return true;
        has_untried = true;
      } else {
        has_tried = true;
        is_tried_fast |= is_fast;
      }
    }
  }
  return !has_untried && (is_tried_fast || !has_tried);
}

std::vector<CandidateVerdict> Balancer::Core::Explain(const Call& call) const {
  MutexLock lock(mutex_);
  const ReadSection section;
  const PickTable& table = data_plane_.table.Get(section);
  CallMemory memory;
  memory.set_seed(PeekSeed(section, table, call));
  if (call.forgotten_attempts != 0) RecallForgotten(table, call, memory);
  Explainer explainer;
  Walk<Explainer>(table, ToWalk(table, memory, engine_.pick_mask()), explainer).Run();
  if (!explainer.has_taken() && engine_.may_override_health()) {
    Walk<Explainer>(table, ToWalk(table, memory, EndpointState::kHardFlags), explainer).Run();
  }
  return explainer.Verdicts();
}

}  // namespace nines
