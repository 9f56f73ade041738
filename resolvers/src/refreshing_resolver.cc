// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refreshing_resolver.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nines/random.h"

namespace nines {
namespace {

/// How long a process may be away and still hold it against an answer that it lacks what was in use
/// before: longer than restarts of programs and of most machines take. After that it is likelier
/// that the service has changed meanwhile, or that its addresses are others' by now.
constexpr absl::Duration kMaxRestart = absl::Minutes(10);

std::string CountOf(size_t endpoints) {
  return absl::StrCat(endpoints, endpoints == 1 ? " endpoint" : " endpoints");
}

}  // namespace

RefreshingResolver::RefreshingResolver(std::string target, std::unique_ptr<EndpointLookup> lookup,
                                       const DnsOptions& options, const ResolverContext& context)
    : target_(std::move(target)),
      context_(context),
      min_refresh_interval_(options.min_refresh_interval),
      max_stale_(options.max_stale),
      lookup_(std::move(lookup)),
      schedule_(options),
      guard_(options),
      config_guard_(options.confirmations) {}

void RefreshingResolver::Restore(const RestoredEndpoints& restored) {
  const absl::Time now = context_.loop->clock().Now();
  origin_ = now - restored.last_used_at <= kMaxRestart ? Origin::kRestart : Origin::kLongAgo;
  last_answer_ = std::min(restored.resolved_at, now);
  guard_.Restore(restored.endpoints, now);
  if (origin_ == Origin::kRestart) lookup_->Restore(restored.endpoints);
}

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
  if (!answer.ok()) {
    LookUpAfter(schedule_.AfterFailure(unit));
    return OnFailure(answer.status());
  }
  LookUpAfter(answer->is_partial ? schedule_.AfterPartialAnswer(answer->ttl, unit)
                                 : schedule_.AfterAnswer(answer->ttl, unit));
  OnFound(*std::move(answer));
}

void RefreshingResolver::OnFound(FoundEndpoints found) {
  const absl::Time now = context_.loop->clock().Now();
  const bool had_failed = std::exchange(has_failed_, false);
  const Origin origin = std::exchange(origin_, Origin::kAnswer);
  if (origin == Origin::kLongAgo) guard_.Forget();
  const EndpointList before = guard_.in_force();
  const size_t newly_held = guard_.OnAnswer(found.endpoints, now);
  last_answer_ = now;
  const std::string config_before = config_guard_.in_force();
  absl::Status config_problem;
  if (found.service_config.has_value()) {
    config_problem = config_guard_.OnAnswer(*std::move(found.service_config));
  }
  const bool is_config_new = config_guard_.in_force() != config_before;
  if (is_config_new) context_.listener->OnServiceConfig(config_guard_.in_force());
  // The endpoints first: warnings beside what is known do no harm, before it they fail calls.
  const bool is_first = origin != Origin::kAnswer;
  if (is_first || had_failed || is_config_new || guard_.in_force() != before) {
    context_.listener->OnEndpoints(guard_.in_force());
  }
  if (!config_problem.ok()) {
    Report(config_problem.code(), absl::StrCat("service config: ", config_problem.message()));
  }
  if (newly_held != 0) {
    Report(absl::StatusCode::kUnavailable,
           absl::StrCat("the answer has ", CountOf(found.endpoints.size()), ", there were ",
                        before.size(), "; ", guard_.held(),
                        " stay in use until further answers lack them too"));
  }
  const bool is_refusal_new = found.refused != refused_ && !found.refused.empty();
  refused_ = std::move(found.refused);
  if (!is_refusal_new) return;
  Report(absl::StatusCode::kUnavailable,
         absl::StrCat("no server can have the address ", absl::StrJoin(refused_, ", ")));
}

void RefreshingResolver::OnFailure(const absl::Status& status) {
  has_failed_ = true;
  const absl::Time now = context_.loop->clock().Now();
  if (absl::IsNotFound(status)) {
    const EndpointList before = guard_.in_force();
    guard_.OnAnswer({}, now);
    if (guard_.in_force() != before) context_.listener->OnEndpoints(guard_.in_force());
  }
  const size_t left = guard_.in_force().size();
  if (left == 0) return Report(status.code(), status.message());
  const std::string age = absl::FormatDuration(absl::Trunc(now - last_answer_, absl::Seconds(1)));
  if (now - last_answer_ < max_stale_) {
    return Report(status.code(),
                  absl::StrCat(status.message(), "; ", CountOf(left), " of ", age, " ago in use"));
  }
  guard_.Forget();
  lookup_->Forget();
  context_.listener->OnEndpoints({});
  Report(status.code(), absl::StrCat(status.message(), "; the last answer is of ", age,
                                     " ago, and counts for ", absl::FormatDuration(max_stale_)));
}

void RefreshingResolver::Report(absl::StatusCode code, absl::string_view why) {
  context_.listener->OnResolveError(absl::Status(code, absl::StrCat(target_, ": ", why)));
}

void RefreshingResolver::LookUpAfter(absl::Duration delay) {
  next_start_ = context_.loop->clock().Now() + delay;
  timer_ = context_.loop->RunAfter(delay, [this] { StartLookup(); });
}

}  // namespace nines
