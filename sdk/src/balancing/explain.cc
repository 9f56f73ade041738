// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/explain.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nines {
namespace {

using Kind = CandidateVerdict::Kind;

Kind KindOfFlags(uint32_t flags) {
  if ((flags & EndpointState::kDisabled) != 0) return Kind::kDisabled;
  if ((flags & EndpointState::kDraining) != 0) return Kind::kDraining;
  if ((flags & EndpointState::kNotConnected) != 0) return Kind::kNotConnected;
  if ((flags & EndpointState::kEjected) != 0) return Kind::kEjected;
  if ((flags & EndpointState::kProbeFailed) != 0) return Kind::kProbeFailed;
  if ((flags & EndpointState::kTrialBusy) != 0) return Kind::kOnTrial;
  return Kind::kCallsFail;  // blocked without a reason of its own: everyone is
}

std::string Describe(Kind kind, const EndpointState& candidate) {
  switch (kind) {
    case Kind::kTakes:
      return absl::StrCat("takes the call; ", candidate.in_flight(), " in flight");
    case Kind::kStandby:
      return "usable, not needed";
    case Kind::kOtherTier:
      return "usable, in a tier that is not needed";
    case Kind::kTried:
      return "usable, but an earlier attempt of the call most likely failed there";
    case Kind::kDraining:
      return absl::StrCat("drained by hand; ", candidate.in_flight(), " in flight");
    case Kind::kDisabled:
      return "disabled by hand";
    case Kind::kNotConnected:
      return "not connected";
    case Kind::kEjected:
      return "ejected for the outcomes of its calls";
    case Kind::kProbeFailed:
      return "its probes fail";
    case Kind::kOnTrial:
      return "on trial after an ejection, and its one call is under way";
    case Kind::kAtLimit:
      return absl::StrCat("at its limit, with ", candidate.in_flight(), " in flight");
    case Kind::kOverBound:
      return absl::StrCat("over its bounded load, with ", candidate.in_flight(), " in flight");
    case Kind::kPartialShare:
      return absl::StrFormat("takes %.0f %% of its calls for now, and not this one",
                             100.0 * candidate.share() / EndpointState::kFullShare);
    case Kind::kHealthIgnored:
      return "takes the call against health's word: too few others are left";
    case Kind::kCallsFail:
      return "too few endpoints are healthy: calls fail";
  }
  return "";
}

}  // namespace

absl::string_view CandidateVerdictName(Kind kind) {
  switch (kind) {
    case Kind::kTakes:
      return "takes";
    case Kind::kStandby:
      return "standby";
    case Kind::kOtherTier:
      return "other_tier";
    case Kind::kTried:
      return "tried";
    case Kind::kDraining:
      return "draining";
    case Kind::kDisabled:
      return "disabled";
    case Kind::kNotConnected:
      return "not_connected";
    case Kind::kEjected:
      return "ejected";
    case Kind::kProbeFailed:
      return "probe_failed";
    case Kind::kOnTrial:
      return "on_trial";
    case Kind::kAtLimit:
      return "at_limit";
    case Kind::kOverBound:
      return "over_bound";
    case Kind::kPartialShare:
      return "partial_share";
    case Kind::kHealthIgnored:
      return "health_ignored";
    case Kind::kCallsFail:
      return "calls_fail";
  }
  return "unknown";
}

void Explainer::OnLook(const PickTable::Tier& tier, const EndpointState& candidate,
                       Verdict verdict) {
  const auto [place, is_first] =
      places_.try_emplace(&candidate, static_cast<uint32_t>(seen_.size()));
  if (is_first) seen_.push_back({&candidate, tier.number, verdict});
}

EndpointState::Grant Explainer::Take(EndpointState& candidate, uint32_t /*mask*/,
                                     uint32_t /*limit*/) {
  if (!has_taken()) taken_ = seen_[places_.at(&candidate)];
  return EndpointState::Grant::kNone;
}

CandidateVerdict::Kind Explainer::KindOf(const Seen& seen) const {
  if (seen.candidate == taken_.candidate) {
    const bool is_doubtful = (seen.candidate->flags() & EndpointState::kHealthFlags) != 0;
    return is_doubtful ? Kind::kHealthIgnored : Kind::kTakes;
  }
  switch (seen.verdict) {
    case Verdict::kBlocked:
      break;
    case Verdict::kFull:
      return Kind::kAtLimit;
    case Verdict::kOverBound:
      return Kind::kOverBound;
    case Verdict::kPassedOver:
      return Kind::kPartialShare;
    case Verdict::kTried:
      return Kind::kTried;
    case Verdict::kUsable:
      return has_taken() && seen.tier != taken_.tier ? Kind::kOtherTier : Kind::kStandby;
  }
  return KindOfFlags(seen.candidate->flags());
}

std::vector<CandidateVerdict> Explainer::Verdicts() const {
  std::vector<CandidateVerdict> verdicts;
  verdicts.reserve(seen_.size());
  for (const Seen& seen : seen_) {
    const Kind kind = KindOf(seen);
    verdicts.push_back({*seen.candidate->latest_endpoint(), kind, Describe(kind, *seen.candidate)});
    // What this call would be routed by, which updates and people may have changed meanwhile.
    verdicts.back().endpoint.tier = seen.tier;
    verdicts.back().endpoint.weight = seen.candidate->weight();
  }
  return verdicts;
}

}  // namespace nines
