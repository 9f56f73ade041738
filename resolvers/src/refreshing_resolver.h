// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "answer_guard.h"
#include "endpoint_lookup.h"
#include "nines/dns_resolver.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"
#include "refresh_schedule.h"
#include "service_config_guard.h"

namespace nines {

/// Looks a target up again and again, as RefreshSchedule says, and tells the listener what has
/// changed. The behaviour is described at MakeDnsResolverFactory().
class RefreshingResolver final : public Resolver {
 public:
  /// Errors have `target` in front.
  RefreshingResolver(std::string target, std::unique_ptr<EndpointLookup> lookup,
                     const DnsOptions& options, const ResolverContext& context);

  void Restore(const RestoredEndpoints& restored) override;
  void Start() override;
  void Refresh() override;

 private:
  /// Where what is in force comes from.
  enum class Origin { kAnswer, kRestart, kLongAgo };

  void StartLookup();
  void OnAnswer(absl::StatusOr<FoundEndpoints> answer);
  void OnFound(FoundEndpoints found);
  void OnFailure(const absl::Status& status);
  void Report(absl::StatusCode code, absl::string_view why);  // to the listener
  void LookUpAfter(absl::Duration delay);

  const std::string target_;
  const ResolverContext context_;
  const absl::Duration min_refresh_interval_;
  const absl::Duration max_stale_;
  const std::unique_ptr<EndpointLookup> lookup_;
  RefreshSchedule schedule_;

  AnswerGuard guard_;
  Origin origin_ = Origin::kAnswer;
  ServiceConfigGuard config_guard_;
  std::set<std::string> refused_;                  // of the last answer
  absl::Time last_answer_ = absl::InfinitePast();  // with endpoints
  bool has_failed_ = false;                        // the last lookup
  absl::Time last_start_ = absl::InfinitePast();   // of a lookup
  absl::Time next_start_ = absl::InfinitePast();   // as planned; in the past: one is running
  std::unique_ptr<LookupQuery> query_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

}  // namespace nines
