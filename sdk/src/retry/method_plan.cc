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

MethodPlan::MethodPlan(const MethodConfig& config, const MethodPlan* before)
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
    const std::optional<double>& quantile = hedging_->adaptive_quantile;
    if (quantile && before != nullptr && before->hedging_ &&
        before->hedging_->adaptive_quantile == quantile) {
      latency_ = before->latency_;
    } else if (quantile) {
      latency_ = std::make_shared<LatencyQuantile>(*quantile);
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

MethodPlans::MethodPlans(const ServiceConfig& config, const MethodPlans* before) : config_(config) {
  for (const MethodConfig& method : config.methods) {
    const MethodPlan* same = before != nullptr ? before->FindEntry(method.names) : nullptr;
    plans_.push_back(std::make_unique<MethodPlan>(method, same));
  }
}

const MethodPlan* MethodPlans::FindEntry(const std::vector<std::string>& names) const {
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (config_.methods[i].names == names) return plans_[i].get();
  }
  return nullptr;
}

MethodPlan& MethodPlans::Find(absl::string_view method) {
  const MethodConfig* found = config_.FindMethod(method);
  if (found == nullptr) return default_;
  return *plans_[static_cast<size_t>(found - config_.methods.data())];
}

}  // namespace nines
