// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// {"healthCheck": {"custom": {"name": …}}} through the public door.

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/client.h"
#include "nines/registry.h"
#include "support/ejection_watcher.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

constexpr char kConfig[] = R"({"loadBalancingConfig": [{"nines": {"healthCheck": {
    "interval": "0.02s", "timeout": "5s", "unhealthyThreshold": 2, "healthyThreshold": 1,
    "custom": {"name": "replica"}}}}]})";

TEST(CustomHealthCheckTest, AnEndpointThatTheProgramFindsIllIsEjected) {
  Registry registry = BuiltinRegistry();
  registry.SetCheck("replica", [](const std::string& address, absl::Duration /*timeout*/,
                                  const std::function<void(absl::Status)>& answer) {
    answer(address == "127.0.0.1:2" ? absl::UnavailableError("far behind") : absl::OkStatus());
  });
  const auto watcher = std::make_shared<EjectionWatcher>();

  const auto client =
      Client::Create("static:///127.0.0.1:1,127.0.0.1:2",
                     {.service_config_json = kConfig, .observer = watcher, .registry = &registry});
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(watcher->ejected.Wait());

  EXPECT_EQ(watcher->address, "127.0.0.1:2");
  EXPECT_THAT(watcher->reason, HasSubstr("2 replica probes failed"));
  EXPECT_THAT(watcher->reason, HasSubstr("check \"replica\" of 127.0.0.1:2: far behind"));
  EXPECT_EQ((*client)->Endpoints()[0].state, HealthState::kHealthy);
  (*client)->Shutdown();
}

TEST(CustomHealthCheckTest, ACheckThatTheProgramLacksIsRefused) {
  const auto client = Client::Create("static:///127.0.0.1:1", {.service_config_json = kConfig});

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(client.status().message()),
              HasSubstr("\"replica\" is no check of this program"));
}

}  // namespace
}  // namespace nines
