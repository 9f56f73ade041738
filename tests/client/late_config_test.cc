// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A service config that the resolver finds while a client runs.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/client.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

// What the resolver could not use. On the loop's thread, which the test waits for.
class Problems final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind == Event::Kind::kResolveFailed) text += event.reason;
  }
  std::string text;
};

// A client of endpoints a, b and c, whose attempts all fail. Nobody is ejected.
class LateConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Registry registry = BuiltinRegistry();
    registry.SetResolver("manual", factory_);
    ClientOptions options;
    options.service_config_json = Config("");
    options.registry = &registry;
    options.event_loop = loop_;
    options.observer = problems_;
    auto client = Client::Create("manual:///service", std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    Find("");
  }

  void Find(const std::string& json) {
    RunOnLoopAndWait(*loop_, [&] {
      factory_->listener->OnServiceConfig(json);
      factory_->listener->OnEndpoints(EndpointsNamed({"a", "b", "c"}));
    });
  }

  static std::string Config(const std::string& nines, const std::string& more = "") {
    return absl::StrCat(
        R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {"consecutiveFailures": 0})",
        nines, "}}]", more, "}");
  }
  static std::string ThreeAttempts() {
    return R"(, "methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3,
        "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1,
        "retryableStatusCodes": ["UNAVAILABLE"]}}])";
  }

  std::vector<std::string> Tried(Call call = {}) {
    std::vector<std::string> tried;
    const absl::Status status = client_->Run(call, [&](const Attempt& attempt) {
      tried.push_back(attempt.endpoint.address);
      return absl::UnavailableError("down");
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    return tried;
  }
  size_t AttemptsOf(int calls) {
    size_t attempts = 0;
    for (int i = 0; i < calls; ++i) attempts += Tried().size();
    return attempts;
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
  const std::shared_ptr<Problems> problems_ = std::make_shared<Problems>();
  std::shared_ptr<Client> client_;
};

TEST_F(LateConfigTest, ItsRetriesAndTheirBudgetHold) {
  EXPECT_EQ(AttemptsOf(5), 5u);

  Find(Config(R"(, "retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"})",
              ThreeAttempts()));

  EXPECT_EQ(AttemptsOf(100), 100u + 60u);
}

TEST_F(LateConfigTest, OneWithTheSameBudgetAllowsNoRetryMore) {
  const std::string budget = R"(, "retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"})";
  Find(Config(budget, ThreeAttempts()));
  ASSERT_EQ(AttemptsOf(100), 100u + 60u);

  Find(Config(budget + R"(, "hash": {})", ThreeAttempts()));
  EXPECT_EQ(AttemptsOf(10), 10u) << "other things have changed";
  Find("");
  Find(Config(budget, ThreeAttempts()));
  EXPECT_EQ(AttemptsOf(10), 10u) << "it is back";
}

TEST_F(LateConfigTest, ItsBalancingHolds) {
  Find(Config(R"(, "hash": {})", ThreeAttempts()));
  Call call;
  call.hash_key = "alice";

  const std::vector<std::string> way = Tried(call);

  for (int i = 0; i < 10; ++i) EXPECT_EQ(Tried(call), way);
}

TEST_F(LateConfigTest, WithoutItTheProgramsOwnHoldsAgain) {
  Find(Config("", ThreeAttempts()));
  ASSERT_EQ(AttemptsOf(1), 3u);

  Find("");

  EXPECT_EQ(AttemptsOf(1), 1u);
}

TEST_F(LateConfigTest, OneThatIsWrongIsToldAndTheOneBeforeStays) {
  Find(Config("", ThreeAttempts()));

  Find(Config(R"(, "retryBudget": {"percent": -1})"));

  EXPECT_THAT(problems_->text,
              HasSubstr("service config: loadBalancingConfig[0].nines.retryBudget"));
  EXPECT_EQ(AttemptsOf(1), 3u);
}

}  // namespace
}  // namespace nines
