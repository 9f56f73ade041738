// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/readiness.h"
#include "nines/balancer.h"
#include "nines/call.h"
#include "nines/client.h"
#include "nines/clock.h"
#include "nines/config.h"
#include "nines/random.h"
#include "retry/call_deadline.h"
#include "retry/method_plan.h"
#include "retry/retry_gate.h"
#include "retry/retry_gates.h"

namespace nines {

// What a service config asks of the calls, and what they have learned under it.
struct CallRules {
  // `gates` outlives this. `before`: what held until now, from which this learns; null: nothing.
  CallRules(ServiceConfig its_config, RetryGates& gates, const CallRules* before)
      : config(std::move(its_config)),
        plans(config, before != nullptr ? &before->plans : nullptr),
        gate(gates.Use({config.balancer.retry_budget, config.retry_throttling})) {}
  CallRules(const CallRules&) = delete;
  CallRules& operator=(const CallRules&) = delete;

  const ServiceConfig config;
  MethodPlans plans;
  RetryGate& gate;  // the client's: what was spent under configs with the same limits counts
};

// What all calls of a client work with. Outlives them; but for the rules, which a call keeps as
// they were when it began.
struct CallParts {
  Client& client;
  const std::string& target;  // for messages
  Balancer& balancer;
  std::shared_ptr<CallRules> rules;
  Readiness& readiness;
  const Clock& clock;
  RandomSource& random;
};

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// The sooner of the call's own deadline and its method's timeout.
inline absl::Time DeadlineOf(const Call& call, const MethodPlan& plan, absl::Time now) {
  return std::min(now + plan.call_timeout(), DeadlineOnClock(call.deadline, now));
}

}  // namespace nines
