// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refreshing_resolver.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nines/random.h"

namespace nines {

RefreshingResolver::RefreshingResolver(std::string target, std::unique_ptr<EndpointLookup> lookup,
                                       const DnsOptions& options, const ResolverContext& context)
    : target_(std::move(target)),
      context_(context),
      min_refresh_interval_(options.min_refresh_interval),
      lookup_(std::move(lookup)),
      schedule_(options) {}

void RefreshingResolver::Start() { StartLookup(); }

void RefreshingResolver::Refresh() {
  // An answer is on its way; or DNS itself fails, and asking it more often helps nobody.
  if (query_ != nullptr || has_failed_) return;
  const absl::Time now = context_.loop->clock().Now();
  const absl::Time earliest = std::max(now, last_start_ + min_refresh_interval_);
  if (earliest < next_start_) LookUpAfter(earliest - now);
}

void RefreshingResolver::StartLookup() {
  last_start_ = context_.loop->clock().Now();
  query_ = lookup_->Start(
      [this](absl::StatusOr<FoundEndpoints> answer) { OnAnswer(std::move(answer)); });
}

void RefreshingResolver::OnAnswer(absl::StatusOr<FoundEndpoints> answer) {
  query_.reset();
  const double unit = UnitInterval(context_.random->Next());
  const bool had_failed = std::exchange(has_failed_, !answer.ok());
  if (!answer.ok()) {
    LookUpAfter(schedule_.AfterFailure(unit));
    context_.listener->OnResolveError(absl::Status(
        answer.status().code(), absl::StrCat(target_, ": ", answer.status().message())));
    return;
  }
  LookUpAfter(answer->is_partial ? schedule_.AfterPartialAnswer(answer->ttl, unit)
                                 : schedule_.AfterAnswer(answer->ttl, unit));
  if (answer->endpoints == known_ && !had_failed) return;
  known_ = std::move(answer->endpoints);
  context_.listener->OnEndpoints(known_);
}

void RefreshingResolver::LookUpAfter(absl::Duration delay) {
  next_start_ = context_.loop->clock().Now() + delay;
  timer_ = context_.loop->RunAfter(delay, [this] { StartLookup(); });
}

}  // namespace nines
