// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/method_plan.h"

#include <algorithm>

namespace nines {
namespace {

uint32_t BitsOf(const std::vector<absl::StatusCode>& codes) {
  uint32_t bits = 0;
  for (const absl::StatusCode code : codes) bits |= 1U << static_cast<uint32_t>(code);
  return bits;
}

}  // namespace

MethodPlan::MethodPlan(const MethodConfig& config)
    : call_timeout_(config.timeout.value_or(absl::InfiniteDuration())),
      waits_for_ready_(config.wait_for_ready.value_or(false)),
      hedging_(config.hedging_policy) {
  if (config.retry_policy) {
    backoff_ = *config.retry_policy;
    max_attempts_ = backoff_.max_attempts;
    retryable_codes_ = BitsOf(backoff_.retryable_codes);
    attempt_timeout_ = backoff_.per_attempt_recv_timeout.value_or(absl::InfiniteDuration());
  }
  if (hedging_) {
    max_attempts_ = hedging_->max_attempts;
    retryable_codes_ = BitsOf(hedging_->non_fatal_codes);
    if (hedging_->adaptive_quantile) {
      latency_ = std::make_unique<LatencyQuantile>(*hedging_->adaptive_quantile);
    }
  }
}

absl::Duration MethodPlan::HedgingDelay(absl::Duration time_left) const {
  if (!hedging_) return absl::InfiniteDuration();
  if (latency_ == nullptr) return hedging_->hedging_delay;
  const absl::Duration usual = latency_->Get();
  if (usual == absl::InfiniteDuration()) return usual;
  return std::min(std::max(usual, hedging_->hedging_delay), time_left / 2);
}

void MethodPlan::OnLatency(absl::Duration duration) {
  if (latency_ != nullptr) latency_->Add(duration);
}

MethodPlans::MethodPlans(const ServiceConfig& config) : config_(config) {
  for (const MethodConfig& method : config.methods) {
    plans_.push_back(std::make_unique<MethodPlan>(method));
  }
}

MethodPlan& MethodPlans::Find(absl::string_view method) {
  const MethodConfig* found = config_.FindMethod(method);
  if (found == nullptr) return default_;
  return *plans_[static_cast<size_t>(found - config_.methods.data())];
}

}  // namespace nines
