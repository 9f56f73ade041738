// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/call_trace.h"

namespace nines {

// Remembers a call's attempts, for whoever asked for its trace and for the message of its failure.
// Allocates nothing for a call that succeeds at once, unless the trace was asked for.
// Confined to the call.
class CallLog {
 public:
  // `trace` is the caller's, or null. What it had is forgotten.
  CallLog(CallTrace* trace, absl::Time call_start);

  struct Attempt {
    const std::string& address;
    AttemptReason reason;
    absl::Time start;
    absl::Time end;
  };
  void Add(const Attempt& attempt, const absl::Status& status);

  // Ends the call. `last` is the failure that it ends with, whose message then says what was tried
  // and why no more, unless that is nothing beyond `last` itself: a single attempt whose failure
  // may not be retried. Code and payloads stay.
  absl::Status End(const absl::Status& last, CallEnd end);

 private:
  const CallTrace& trace() const { return asked_ != nullptr ? *asked_ : own_; }

  CallTrace* const asked_;  // null: nobody asked
  const absl::Time call_start_;
  CallTrace own_;  // failures only, if nobody asked
};

}  // namespace nines
