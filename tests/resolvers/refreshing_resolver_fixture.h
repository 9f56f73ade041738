// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "host_lookup.h"
#include "refreshing_resolver.h"
#include "resolvers/endpoint_recorder.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {

// Lookups that end when and as the test says.
class ManualLookup final : public AddressLookup {
 public:
  std::unique_ptr<LookupQuery> Start(Callback done) override {
    ++started;
    running_ = std::move(done);
    return std::make_unique<ManualQuery>(*this);
  }

  bool is_running() const { return running_.has_value(); }

  void Finish(FamilyAnswer ipv4, FamilyAnswer ipv6 = {absl::NotFoundError("none"), {}, {}}) {
    Callback done = *std::exchange(running_, std::nullopt);
    done({std::move(ipv4), std::move(ipv6)});
  }

  int started = 0;

 private:
  class ManualQuery final : public LookupQuery {
   public:
    explicit ManualQuery(ManualLookup& lookup) : lookup_(lookup) {}
    ~ManualQuery() override { lookup_.running_ = std::nullopt; }

   private:
    ManualLookup& lookup_;
  };

  std::optional<Callback> running_;
};

inline FamilyAnswer Has(const std::vector<std::string>& texts, absl::Duration ttl) {
  FamilyAnswer answer{absl::OkStatus(), {}, ttl};
  for (const std::string& text : texts) answer.addresses.push_back(*ParseIpAddress(text));
  return answer;
}

inline FamilyAnswer HasNone() {
  return {absl::NotFoundError("none"), {}, absl::InfiniteDuration()};
}

inline FamilyAnswer Fails() {
  return {absl::UnavailableError("no answer"), {}, absl::InfiniteDuration()};
}

class RefreshingResolverTest : public ::testing::Test {
 protected:
  RefreshingResolverTest() { UseOptions({}); }

  // Instead of the defaults; both without jitter.
  void UseOptions(DnsOptions options) {
    auto lookup = std::make_unique<ManualLookup>();
    lookup_ = lookup.get();
    options.jitter_ratio = 0;
    options.backoff_jitter_ratio = 0;
    resolver_ = std::make_unique<RefreshingResolver>(
        "dns:///greeter:80", std::make_unique<HostLookup>(std::move(lookup), 80), options,
        ResolverContext{&loop_, &random_, &recorder_});
  }

  ManualEventLoop loop_;
  FixedRandom random_;
  EndpointRecorder recorder_;
  ManualLookup* lookup_;
  std::unique_ptr<RefreshingResolver> resolver_;
};

}  // namespace nines
