// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "endpoints/endpoint_state.h"
#include "endpoints/state_arena.h"

namespace nines {

// Hears nothing and ejects nobody.
class DeafListener final : public OutcomeListener {
 public:
  OutcomeClass Judge(const EndpointState& /*state*/, const Outcome& outcome) const override {
    return ClassOf(outcome);
  }
  void OnFailure(EndpointState& /*state*/, const Outcome& /*outcome*/) override {}
  void OnFailureThreshold(EndpointState& /*state*/, const Outcome& /*outcome*/) override {}
  void OnTrialEnd(EndpointState& /*state*/, const Outcome& /*outcome*/) override {}
  void OnTrialDropped(EndpointState& /*state*/) override {}
  bool IsCallToBlame(CallMemory& /*memory*/) override { return false; }
  void OnCountedLeaseEnd() override {}
  uint32_t failure_threshold() const override { return 0; }
};

// For tests of what lies below the balancer: a state without flags that reports to nobody.
inline EndpointRef MakeDeafState(const Endpoint& endpoint) {
  return std::make_shared<StateArena>()->Make(endpoint, nullptr, std::make_shared<DeafListener>(),
                                              0);
}

}  // namespace nines
