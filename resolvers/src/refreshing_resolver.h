// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "address_lookup.h"
#include "dns_answer.h"
#include "nines/dns_resolver.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"
#include "refresh_schedule.h"

namespace nines {

/// Looks a name up again and again, as RefreshSchedule says, and tells the listener what has
/// changed. The behaviour is described at MakeDnsResolverFactory().
class RefreshingResolver final : public Resolver {
 public:
  /// Where the addresses become endpoints: with `port`, and errors with `target` in front.
  struct Subject {
    std::string target;
    uint16_t port = 0;
  };

  RefreshingResolver(Subject subject, std::unique_ptr<AddressLookup> lookup,
                     const DnsOptions& options, const ResolverContext& context);

  void Start() override;
  void Refresh() override;

 private:
  void StartLookup();
  void OnAnswer(LookupAnswer answer);
  void LookUpAfter(absl::Duration delay);
  EndpointList KnownEndpoints() const;

  const Subject subject_;
  const ResolverContext context_;
  const absl::Duration min_refresh_interval_;
  const std::unique_ptr<AddressLookup> lookup_;
  RefreshSchedule schedule_;

  KnownAddresses known_;
  bool has_failed_ = false;                       // the last lookup
  absl::Time last_start_ = absl::InfinitePast();  // of a lookup
  absl::Time next_start_ = absl::InfinitePast();  // as planned; in the past: one is running
  std::unique_ptr<AddressLookup::Query> query_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

}  // namespace nines
