// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/dns_resolver.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"
#include "nines/uv_event_loop.h"
#include "resolvers/endpoint_recorder.h"
#include "support/fakes.h"
#include "testbed/dns_server.h"

namespace nines {

// A resolver that asks a real DNS server on a real event loop.
class RealDnsFixture : public ::testing::Test {
 protected:
  explicit RealDnsFixture(EndpointRecorder::Detail detail) : recorder_(detail) {}

  // The behaviour under test is the same; only nobody waits for seconds, and a busy machine changes
  // nothing.
  static DnsOptions Impatient() {
    DnsOptions options;
    options.lookup_timeout = absl::Minutes(10);
    options.second_family_wait = absl::Minutes(10);
    options.min_ttl = absl::Milliseconds(10);
    options.max_ttl = absl::Milliseconds(10);
    options.initial_backoff = absl::Milliseconds(10);
    options.max_backoff = absl::Milliseconds(10);
    options.min_refresh_interval = absl::Milliseconds(10);
    return options;
  }

  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    absl::StatusOr<std::unique_ptr<testbed::DnsServer>> server = testbed::DnsServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void TearDown() override {
    RunOnLoopAndWait(*loop_, [&] { resolver_.reset(); });
  }

  void SetAddresses(const std::string& name, const std::vector<std::string>& addresses) {
    ASSERT_EQ(server_->SetAddresses(name, addresses), absl::OkStatus());
  }

  void Resolve(const ResolverFactory& factory, const Target& target) {
    ASSERT_EQ(factory.CheckTarget(target), absl::OkStatus());
    RunOnLoopAndWait(*loop_, [&] {
      resolver_ = factory.MakeResolver(target, {loop_.get(), &random_, &recorder_});
      resolver_->Start();
      EXPECT_TRUE(recorder_.lines().empty()) << "called from within Start()";
    });
  }

  FixedRandom random_;
  EndpointRecorder recorder_;
  std::unique_ptr<testbed::DnsServer> server_;
  std::shared_ptr<EventLoop> loop_;
  std::unique_ptr<Resolver> resolver_;
};

}  // namespace nines
