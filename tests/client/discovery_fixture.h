// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "nines/client.h"
#include "nines/dns_resolver.h"
#include "nines/registry.h"
#include "nines/snapshot.h"
#include "nines/srv_resolver.h"
#include "support/fakes.h"
#include "support/gate.h"

namespace nines {

// Opens its gate when lookups have failed, or were not believed, so many times.
class TroubleWatcher final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind == Event::Kind::kResolveFailed && ++failures_ == 5) five_failures.Open();
    if (event.kind == Event::Kind::kEndpointLame) lame.Open();
    if (absl::StrContains(event.reason, ": service config: ")) config_problem.Open();
  }

  Gate five_failures;
  Gate lame;
  Gate config_problem;

 private:
  std::atomic<int> failures_{0};
};

// Lookups every ten milliseconds.
inline DnsOptions Impatient() {
  DnsOptions options;
  options.lookup_timeout = absl::Milliseconds(50);
  options.min_ttl = absl::Milliseconds(10);
  options.max_ttl = absl::Milliseconds(10);
  options.initial_backoff = absl::Milliseconds(10);
  options.max_backoff = absl::Milliseconds(10);
  return options;
}

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() {
    registry_.SetResolver("dns", MakeDnsResolverFactory(Impatient()));
    registry_.SetResolver("srv", MakeSrvResolverFactory(Impatient()));
  }

  void Create(const std::string& target, const std::string& service_config = "") {
    ClientOptions options;
    options.service_config_json = service_config;
    options.registry = &registry_;
    options.random = &random_;
    options.observer = watcher_;
    options.snapshot = snapshot_;
    auto client = Client::Create(target, options);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    ASSERT_EQ(client_->WaitUntilReady(absl::Minutes(1)), absl::OkStatus());
  }

  // How many of so many calls were served where; a call to another address does not reach it.
  std::map<std::string, int> CallTimes(
      int times, absl::FunctionRef<bool(const std::string&)> serves = [](const std::string&) {
        return true;
      }) {
    std::map<std::string, int> calls = {{"failed", 0}};
    for (int i = 0; i < times; ++i) {
      const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
        const std::string& address = attempt.endpoint.address;
        if (!serves(address)) return MarkUnprocessed(absl::UnavailableError("refused"));
        ++calls[address];
        return absl::OkStatus();
      });
      if (!status.ok()) ++calls["failed"];
    }
    return calls;
  }

  Registry registry_ = BuiltinRegistry();
  SnapshotOptions snapshot_;
  FixedRandom random_;
  std::shared_ptr<TroubleWatcher> watcher_ = std::make_shared<TroubleWatcher>();
  std::shared_ptr<Client> client_;
};

}  // namespace nines
