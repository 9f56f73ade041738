// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/endpoint_state.h"

namespace nines {
namespace {

uint64_t NextEndpointId() {
  static std::atomic<uint64_t> last_id{0};
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

EndpointState::EndpointState(Endpoint endpoint, void* attachment,
                             std::shared_ptr<OutcomeListener> listener, uint32_t flags)
    : flags_(flags | kKnown),
      id_(NextEndpointId()),
      cold_(new Cold{std::move(endpoint), attachment, std::move(listener)}) {}

void EndpointState::Report(Grant grant, uint32_t generation, const Outcome& outcome) {
  calls_.fetch_add(1, std::memory_order_relaxed);
  const bool is_failure = outcome.outcome_class == OutcomeClass::kServerFault;
  if (is_failure) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    cold_->listener->OnFailure(*this, outcome);
  }
  if (generation != this->generation()) return;
  if (grant == Grant::kTrial) {
    cold_->listener->OnTrialEnd(*this, outcome);
  } else if (outcome.outcome_class == OutcomeClass::kSuccess) {
    // Read first: in good times the line's content stays as it is.
    if (consecutive_failures_.load(std::memory_order_relaxed) != 0) ResetConsecutiveFailures();
  } else if (is_failure) {
    const uint32_t run = consecutive_failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    const uint32_t threshold = cold_->listener->failure_threshold();
    if (threshold != 0 && run % threshold == 0) cold_->listener->OnFailureThreshold(*this, outcome);
  }
}

void EndpointState::BeginGeneration() {
  generation_.fetch_add(1, std::memory_order_relaxed);
  ResetConsecutiveFailures();
}

void EndpointState::Release(uint64_t count) {
  // Release, so that what this owner did happens before the deletion; acquire, so that the
  // deletion happens after what all owners did.
  if (references_.fetch_sub(count, std::memory_order_acq_rel) == count) delete this;
}

}  // namespace nines
