// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/call_trace.h"
#include "retry/method_plan.h"
#include "retry/retry_gate.h"

namespace nines {

// May a call try again, and when? One call's state machine, apart from picks, timers and threads:
// those who run attempts tell it what happened and do as it says.
//
//   an attempt failed   elsewhere at once, or when the server said; if policy, attempts, tokens,
//                       deadline and budget (asked in this order, so that only what will be made
//                       is taken from the budget) allow it
//   nobody untried      the same endpoint again, after gRFC A6's backoff
//   attempts are slow   one more beside them (hedging)
//
// Nothing begins, and nothing is slept for, beyond the deadline. Confined to the call.
class Retrier {
 public:
  struct Step {
    enum class Kind {
      kTry,            // at `at`, because of `reason`
      kWaitForOthers,  // attempts are under way that may still succeed
      kEnd,            // the call, because of `end`
    };
    Kind kind = Kind::kTry;
    absl::Time at = absl::InfinitePast();
    AttemptReason reason = AttemptReason::kFirst;
    CallEnd end = CallEnd::kSucceeded;
  };

  struct Failure {
    const absl::Status& status;
    bool is_timed_out = false;       // by perAttemptRecvTimeout
    bool is_query_of_death = false;  // CallMemory says so
    uint32_t others_running = 0;     // hedges
  };

  // `plan` and `gate` outlive the call.
  Retrier(const MethodPlan& plan, RetryGate& gate, absl::Time deadline)
      : plan_(plan), gate_(gate), deadline_(deadline) {}

  uint32_t attempts() const { return attempts_; }
  absl::Time deadline() const { return deadline_; }

  // An attempt begins, to an endpoint that typically answers within `typical_latency` (zero: not
  // known). False, and it does not begin, if it surely could not end before the deadline.
  [[nodiscard]] bool TryStart(absl::Time now, absl::Duration typical_latency);
  // When the attempt that begins now has to end.
  absl::Time AttemptDeadline(absl::Time now) const;

  void OnSuccess();
  Step AfterFailure(const Failure& failure, absl::Time now);

  // The pick after a kTry found only an endpoint that was tried already. `unit` is random in [0,
  // 1).
  Step BeforeRepeat(absl::Time now, double unit) const;

  // When to ask TryHedge(), if no attempt has ended by then. Infinite: never.
  absl::Time NextHedge(absl::Time now) const;
  // Whether a hedge may begin now.
  [[nodiscard]] bool TryHedge(absl::Time now);

 private:
  // Nothing if another attempt may be made at `at`, which is then granted.
  std::optional<CallEnd> WhyNotAgain(absl::Time at, absl::Time now);

  const MethodPlan& plan_;
  RetryGate& gate_;
  const absl::Time deadline_;
  uint32_t attempts_ = 0;
  uint32_t attempts_before_pushback_ = 0;  // A6: it begins the backoff anew
  bool may_hedge_ = true;                  // for slowness
  // For the next attempt, which may be waiting for its time or its endpoint.
  std::optional<RetryGate::Grant> granted_;
  bool is_retry_next_ = false;         // granted_ is for a retry; hedges are extra load in any case
  std::optional<absl::Time> paid_at_;  // for the latest retry
  bool was_told_to_stop_ = false;      // by a server
  absl::Time not_before_ = absl::InfinitePast();
};

}  // namespace nines
