// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Client::Run and a call that fails wherever it goes.

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/client.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

constexpr char kFiveAttempts[] = R"({"methodConfig": [{
    "name": [{}],
    "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
                    "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

// A client on a clock that is turned by hand; a call wants the endpoints in their order.
class ClientQueryOfDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    registry_.SetResolver("manual", factory_);
    registry_.SetPolicy("random",
                        [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
    ClientOptions options;
    options.service_config_json = kFiveAttempts;
    options.registry = &registry_;
    options.event_loop = loop_;
    auto client = Client::Create("manual:///service", std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    factory_->listener->OnEndpoints(EndpointsNamed({"a", "b", "c", "d", "e"}));
    loop_->RunPosted();
    for (int i = 0; i < 60; ++i) CallAll();
    loop_->Advance(absl::Seconds(1));
  }
  void TearDown() override { client_->Shutdown(); }

  // A call of others that ends well, on every endpoint.
  void CallAll() {
    std::vector<Lease> leases;
    CallMemory memory;
    for (int i = 0; i < 5; ++i) {
      leases.push_back(std::get<Picked>(client_->Pick({}, memory)).lease);
    }
    for (Lease& lease : leases) lease.Report(MakeOutcome(absl::OkStatus()));
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  Registry registry_;
  const std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  std::shared_ptr<Client> client_;
};

TEST_F(ClientQueryOfDeathTest, IsNotRetriedFurther) {
  std::vector<std::string> tried;

  const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
    tried.push_back(attempt.endpoint.address);
    CallAll();
    return absl::UnavailableError("socket closed");
  });

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              ::testing::StartsWith("socket closed (the call fails wherever it goes; tried a: "));
  EXPECT_THAT(tried, ElementsAre("a", "b", "c"));
}

TEST_F(ClientQueryOfDeathTest, ACallThatMayMeetAGoodEndpointYetIsRetried) {
  const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
    return attempt.number < 5 ? absl::UnavailableError("socket closed") : absl::OkStatus();
  });

  EXPECT_EQ(status, absl::OkStatus());
}

}  // namespace
}  // namespace nines
