// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A client of the built-in parts whose endpoints are watched by http: from the config to the state
// of each endpoint.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/client.h"
#include "support/ejection_watcher.h"
#include "support/scripted_server.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"({"loadBalancingConfig": [{"nines": {"healthCheck": {
    "interval": "0.02s", "timeout": "5s", "unhealthyThreshold": 2, "healthyThreshold": 1,
    "http": {"path": "/healthz"}}}}]})";

TEST(HttpHealthCheckTest, AnEndpointThatAnswersBadlyIsEjected) {
  const ScriptedServer well({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  const ScriptedServer ill({"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"});
  const auto watcher = std::make_shared<EjectionWatcher>();

  const auto client = Client::Create(absl::StrCat("static:///", well.address(), ",", ill.address()),
                                     {.service_config_json = kConfig, .observer = watcher});
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(watcher->ejected.Wait());

  EXPECT_EQ(watcher->address, ill.address());
  EXPECT_THAT(watcher->reason,
              AllOf(HasSubstr("2 http probes failed"), HasSubstr("status 503; expected 200")));
  EXPECT_EQ((*client)->Endpoints()[0].state, HealthState::kHealthy);
  // Both are asked by the target's name, which for a list is its first entry.
  EXPECT_THAT(ill.request(), HasSubstr(absl::StrCat("Host: ", well.address(), "\r\n")));
  (*client)->Shutdown();
}

}  // namespace
}  // namespace nines
