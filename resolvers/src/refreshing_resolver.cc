// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refreshing_resolver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nines/random.h"

namespace nines {

RefreshingResolver::RefreshingResolver(Subject subject, std::unique_ptr<AddressLookup> lookup,
                                       const DnsOptions& options, const ResolverContext& context)
    : subject_(std::move(subject)),
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
  query_ = lookup_->Start([this](LookupAnswer answer) { OnAnswer(std::move(answer)); });
}

void RefreshingResolver::OnAnswer(LookupAnswer answer) {
  query_.reset();
  const double unit = UnitInterval(context_.random->Next());
  absl::StatusOr<MergedAnswer> merged = MergeAnswer(known_, std::move(answer));
  const bool had_failed = std::exchange(has_failed_, !merged.ok());
  if (!merged.ok()) {
    LookUpAfter(schedule_.AfterFailure(unit));
    context_.listener->OnResolveError(absl::Status(
        merged.status().code(), absl::StrCat(subject_.target, ": ", merged.status().message())));
    return;
  }
  LookUpAfter(merged->is_partial ? schedule_.AfterPartialAnswer(merged->ttl, unit)
                                 : schedule_.AfterAnswer(merged->ttl, unit));
  if (merged->addresses == known_ && !had_failed) return;
  known_ = std::move(merged->addresses);
  context_.listener->OnEndpoints(KnownEndpoints());
}

void RefreshingResolver::LookUpAfter(absl::Duration delay) {
  next_start_ = context_.loop->clock().Now() + delay;
  timer_ = context_.loop->RunAfter(delay, [this] { StartLookup(); });
}

EndpointList RefreshingResolver::KnownEndpoints() const {
  EndpointList endpoints;
  endpoints.reserve(known_.ipv4.size() + known_.ipv6.size());
  for (const std::vector<IpAddress>* family : {&known_.ipv4, &known_.ipv6}) {
    for (const IpAddress& address : *family) {
      Endpoint endpoint;
      endpoint.address = FormatIpAddressAndPort(address, subject_.port);
      endpoints.push_back(std::move(endpoint));
    }
  }
  return endpoints;
}

}  // namespace nines
