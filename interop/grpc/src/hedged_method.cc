// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "channel_link.h"
#include "hedged_call.h"
#include "nines/config.h"
#include "nines/grpc_hedging.h"
#include "retry/method_plan.h"

namespace nines {
namespace {

constexpr double kLeastQuantile = 0.5;
constexpr double kGreatestQuantile = 0.999;

class ChannelsMethod final : public HedgedMethod {
 public:
  ChannelsMethod(std::shared_ptr<ChannelLink> link, const HedgingPolicy& policy)
      : link_(std::move(link)), plan_(ConfigOf(policy)) {}

  grpc::Status Run(absl::Time deadline, const Attempts& attempts) override {
    return HedgedCall(plan_, *link_, deadline).Run(attempts);
  }
  absl::Duration delay() const override { return plan_.HedgingDelay(absl::InfiniteDuration()); }

 private:
  static MethodConfig ConfigOf(const HedgingPolicy& policy) {
    MethodConfig config;
    config.hedging_policy = policy;
    return config;
  }

  const std::shared_ptr<ChannelLink> link_;
  MethodPlan plan_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HedgedMethod>> HedgedMethod::Create(
    const std::shared_ptr<grpc::Channel>& channel, const HedgingPolicy& policy) {
  std::shared_ptr<ChannelLink> link = LinkOf(channel);
  if (link == nullptr) {
    return absl::InvalidArgumentError("hedging: nines::CreateChannel did not make the channel");
  }
  if (policy.max_attempts < 2 || policy.max_attempts > RetryPolicy::kMaxAttempts) {
    return absl::InvalidArgumentError(absl::StrCat("hedging: max_attempts ", policy.max_attempts,
                                                   " is out of range [2, ",
                                                   RetryPolicy::kMaxAttempts, "]"));
  }
  if (policy.hedging_delay < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "hedging: hedging_delay ", absl::FormatDuration(policy.hedging_delay), " is negative"));
  }
  const double quantile = policy.adaptive_quantile.value_or(kLeastQuantile);
  if (!(quantile >= kLeastQuantile && quantile <= kGreatestQuantile)) {
    return absl::InvalidArgumentError(absl::StrCat("hedging: adaptive_quantile ", quantile,
                                                   " is out of range [", kLeastQuantile, ", ",
                                                   kGreatestQuantile, "]"));
  }
  return std::make_unique<ChannelsMethod>(std::move(link), policy);
}

}  // namespace nines
