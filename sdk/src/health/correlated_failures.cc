// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/correlated_failures.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "health/make_event.h"
#include "health/pool_counts.h"

namespace nines {
namespace {

// Of the endpoints in rotation, in per cent. Not all: with calls at random, one of five has had
// none yet when the first has failed five times in a row (one time in three). Not less: where three
// of five fail, the two others do answer, and nothing is to be held back.
constexpr uint32_t kShareOfPool = 75;

// A failure of longer ago says nothing of now: an endpoint that is seldom called may be well again.
constexpr absl::Duration kWindow = absl::Seconds(10);

// As long as the ejections held back would last by default. What it costs if it is wrong, which
// takes a pool whose one good endpoint nobody calls: failures for so long.
constexpr absl::Duration kLongestFreeze = absl::Seconds(5);

// After somebody has answered. Where nearly every call fails, but not all do, every answer would
// end a freeze and the next failure begin one.
constexpr absl::Duration kTrust = absl::Seconds(1);

// Endpoints that fail are called on while we look, so: soon. At ten thousand endpoints 5 % of a
// core, for kLongestFreeze at most.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(10);

// In large pools many ejections are due at once, and each would walk the pool.
constexpr size_t kLargePool = 1000;
constexpr absl::Duration kLargePoolPause = absl::Milliseconds(1);

constexpr uint32_t kLostFlags = EndpointState::kEjected | EndpointState::kConnectFailed;

struct PoolInTrouble {
  size_t total = 0;
  size_t in_trouble = 0;

  void Add(const EndpointRecord& record, absl::Time now);
  bool IsMostOfIt() const { return in_trouble >= 2 && in_trouble * 100 >= kShareOfPool * total; }
};

void PoolInTrouble::Add(const EndpointRecord& record, absl::Time now) {
  if (HealthStateOf(*record.state) == HealthState::kHealthy) {
    ++total;
    if (record.state->is_failing() && now - record.failed_at <= kWindow) ++in_trouble;
  } else if (now - record.lost_at <= CorrelatedFailures::kShortlyBefore) {
    ++total;
    // A connection that was closed and is made anew is none.
    if ((record.state->flags() & kLostFlags) != 0) ++in_trouble;
  }
}

// That lame endpoints fail together needs no other explanation: they are gone. Unless there are no
// others, of which the network would tell.
PoolInTrouble Count(const CorrelatedFailures::Records& records, absl::Time now) {
  PoolInTrouble listed;
  PoolInTrouble lame;
  for (const auto& record : records) {
    const bool is_lame = (record->state->flags() & EndpointState::kLame) != 0;
    (is_lame ? lame : listed).Add(*record, now);
  }
  return listed.total != 0 ? listed : lame;
}

}  // namespace

bool CorrelatedFailures::MayBeOurs(const absl::Status& status) {
  // An attempt that was given up for its time ends cancelled.
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status);
}

std::optional<Event> CorrelatedFailures::Judge(const Records& records, absl::Time now) {
  if (phase_ != Phase::kWatching || now < thawed_at_ + kTrust) return std::nullopt;
  if (records.size() > kLargePool && now < last_judged_ + kLargePoolPause) return std::nullopt;
  last_judged_ = now;
  const PoolInTrouble pool = Count(records, now);
  if (!pool.IsMostOfIt()) return std::nullopt;
  phase_ = Phase::kFrozen;
  since_ = now;
  last_look_ = now;
  for (const auto& record : records) record->answered_before_freeze = record->state->answered();
  return MakeEvent(Event::Kind::kCorrelatedFailures,
                   absl::StrCat(pool.in_trouble, " of ", pool.total,
                                " endpoints in rotation fail at once, which our own network or "
                                "process may cause: no ejections until one answers, for at most ",
                                absl::FormatDuration(kLongestFreeze)),
                   now);
}

std::optional<Event> CorrelatedFailures::Look(const Records& records, absl::Time now) {
  if (phase_ == Phase::kWatching) return std::nullopt;
  last_look_ = now;
  const absl::Duration frozen = absl::Trunc(now - since_, absl::Milliseconds(1));
  if (const EndpointRecord* witness = FindWitness(records)) {
    thawed_at_ = now;
    if (std::exchange(phase_, Phase::kWatching) == Phase::kSpent) return std::nullopt;
    return MakeEvent(Event::Kind::kCorrelatedFailuresEnded,
                     absl::StrCat(witness->endpoint.address, " has answered, after ",
                                  absl::FormatDuration(frozen), ": who fails on is to blame"),
                     now);
  }
  if (phase_ == Phase::kSpent || now < since_ + kLongestFreeze) return std::nullopt;
  phase_ = Phase::kSpent;
  return MakeEvent(
      Event::Kind::kCorrelatedFailuresEnded,
      absl::StrCat("nobody has answered for ", absl::FormatDuration(frozen), ": ejections go on"),
      now);
}

absl::Time CorrelatedFailures::next_look() const {
  return phase_ == Phase::kFrozen ? last_look_ + kLookPeriod : absl::InfiniteFuture();
}

// An endpoint in rotation that has answered since the freeze began, and has not failed again. Who
// was ejected or connected anew has not failed again either, and a failure that was just being
// reported when the freeze began reads as an answer: so only who is in rotation counts, and a new
// connection may pass for an answer, which is as good a sign.
const EndpointRecord* CorrelatedFailures::FindWitness(const Records& records) {
  for (const auto& record : records) {
    const EndpointState& state = *record->state;
    if (HealthStateOf(state) != HealthState::kHealthy || state.is_failing()) continue;
    if (state.has_answered_since(record->answered_before_freeze)) return record.get();
  }
  return nullptr;
}

}  // namespace nines
