// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// That a call which succeeds at once allocates nothing. In allocation_test.

#include <memory>

#include <gtest/gtest.h>

#include "allocations.h"
#include "nines/client.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

TEST(ClientAllocationTest, CallThatSucceedsAtOnceMakesNone) {
  const auto factory = std::make_shared<ManualResolverFactory>();
  Registry registry;
  registry.SetResolver("manual", factory);
  registry.SetPolicy("random",
                     [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
  ClientOptions options;
  options.service_config_json = R"({"methodConfig": [{"name": [{"service": "s"}], "timeout": "1s",
      "hedgingPolicy": {"maxAttempts": 2, "adaptiveDelay": {"quantile": 0.9}}}]})";
  options.registry = &registry;
  options.event_loop = std::make_shared<ManualEventLoop>();
  const auto client = CreateClientFromParts("manual:///service", std::move(options));
  ASSERT_TRUE(client.ok()) << client.status();
  factory->listener->OnEndpoints(EndpointsNamed({"a", "b"}));
  Call call;
  call.method = "/s/m";
  const auto run = [&] {
    return (*client)->Run(call, [](const Attempt&) { return absl::OkStatus(); }).ok();
  };
  ASSERT_TRUE(run());  // the thread's first makes its slot

  const uint64_t before = bench::Allocations::Now().count;
  const bool is_ok = run();

  EXPECT_EQ(bench::Allocations::Now().count, before);
  EXPECT_TRUE(is_ok);
}

}  // namespace
}  // namespace nines
