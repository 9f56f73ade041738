// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/readiness.h"
#include "nines/balancer.h"
#include "nines/call.h"
#include "nines/client.h"
#include "nines/clock.h"
#include "nines/random.h"
#include "retry/method_plan.h"
#include "retry/retry_gate.h"

namespace nines {

// What all calls of a client work with. Outlives them.
struct CallParts {
  Client& client;
  const std::string& target;  // for messages
  Balancer& balancer;
  MethodPlans& plans;
  RetryGate& gate;
  Readiness& readiness;
  const Clock& clock;
  RandomSource& random;
};

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// The sooner of the call's own deadline and its method's timeout.
inline absl::Time DeadlineOf(const Call& call, const MethodPlan& plan, absl::Time now) {
  const absl::Time by_method = now + plan.call_timeout();
  if (call.deadline == absl::InfiniteFuture()) return by_method;
  // The caller reads the wall clock, which may have been stepped; only the distance counts.
  return std::min(by_method, now + (call.deadline - absl::Now()));
}

}  // namespace nines
