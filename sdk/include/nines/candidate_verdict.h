// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "nines/endpoint.h"

namespace nines {

/// What a call would find of one candidate. A value.
struct CandidateVerdict {
  enum class Kind {
    kTakes,          // the call goes there
    kStandby,        // usable; would take the call if those before it could not
    kOtherTier,      // the same, in a tier that the call does not reach
    kTried,          // usable, but an attempt of this call failed there before
    kDraining,       // by hand: no new calls
    kDisabled,       // by hand: no calls at all
    kNotConnected,   // no transport
    kEjected,        // for its calls' outcomes
    kProbeFailed,    // out of use for its probes
    kOnTrial,        // after an ejection, and its one call is under way
    kAtLimit,        // as many calls in flight as maxInFlightPerEndpoint allows
    kOverBound,      // more calls in flight than boundedLoad gives it
    kPartialShare,   // takes a share of its calls only (slow start, overload), and not this
    kHealthIgnored,  // the call goes there against health's word: too few others are left
    kCallsFail,      // panic mode FAIL: no call goes anywhere
  };

  Endpoint endpoint;
  Kind kind = Kind::kStandby;
  std::string reason;  // in words, with the numbers
};

/// "takes", "standby", "not_connected", …
absl::string_view CandidateVerdictName(CandidateVerdict::Kind kind);

}  // namespace nines
