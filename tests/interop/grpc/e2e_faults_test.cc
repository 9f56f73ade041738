// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a caller sees while endpoints fail: nothing, as long as one can serve.

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "testbed/closed_loop_load.h"
#include "testbed/open_loop_load.h"
#include "testbed/stock_channel.h"

namespace nines::testing {
namespace {

using testbed::CallTally;
using testbed::Eventually;
using testbed::Fault;
using testbed::MakeCall;
using testbed::OpenLoopLoad;

class FaultsTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    StartFleet(5);
  }

  /// What a load sees that runs while `fault` begins, lasts and ends.
  CallTally PlayFault(const Fault& fault) {
    ChannelOptions options;
    options.service_config_json =
        testbed::ServiceConfig(R"([{"nines": {}}])", testbed::kRetryMethodConfig);
    options.arguments = testbed::ComparisonArguments();
    const absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
        nines::CreateChannel(DnsTarget(), ::grpc::InsecureChannelCredentials(), options);
    EXPECT_TRUE(channel.ok()) << channel.status();
    if (!channel.ok()) return CallTally();
    WarmUp(*channel);
    OpenLoopLoad load(*channel, {.calls_per_second = 300, .deadline = absl::Seconds(5)});
    load.Start();
    EXPECT_TRUE(EndCalls(load, 100));
    EXPECT_TRUE(Inject(fault, *fleet_).ok());
    EXPECT_TRUE(EndCalls(load, 400));
    EXPECT_TRUE(Heal(fault, *fleet_).ok());
    EXPECT_TRUE(EndCalls(load, 200));
    load.Stop();
    return load.Total();
  }

  /// Waits until that many more calls have ended.
  static bool EndCalls(const OpenLoopLoad& load, uint64_t count) {
    const uint64_t enough = load.Total().made + count;
    return Eventually([&] { return load.Total().made >= enough; });
  }
};

TEST_F(FaultsTest, AKilledBackendFailsNoCall) {
  const CallTally tally = PlayFault({Fault::Kind::kKill, {1}});

  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
}

TEST_F(FaultsTest, AHungBackendFailsNoCall) {
  const CallTally tally = PlayFault({Fault::Kind::kHang, {1}});

  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
}

TEST_F(FaultsTest, ABackendThatAnswersErrorsFailsNoCall) {
  const CallTally tally = PlayFault({Fault::Kind::kErrors, {1}});

  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
}

TEST_F(FaultsTest, ASlowBackendFailsNoCall) {
  const CallTally tally = PlayFault({Fault::Kind::kSlow, {1}, absl::Milliseconds(300)});

  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
}

TEST_F(FaultsTest, TwoGoodBackendsOfFiveAreEnough) {
  const CallTally tally = PlayFault({Fault::Kind::kErrors, {0, 2, 3}});

  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
}

TEST_F(FaultsTest, AnEndpointThatFailsIsEjectedAndComesBack) {
  const auto channel = Connect(
      StaticTarget(), absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {
                                       "baseEjectionTime": "0.2s"}}}], )",
                                   kFourAttempts, "}"));
  WarmUp(channel);
  const auto state_of_b2 = [&] { return Endpoints(channel)[1]; };

  ASSERT_TRUE(fleet_->backend(1).AnswerWith("UNAVAILABLE").ok());
  ASSERT_TRUE(Eventually([&] {
    BackendsOf(channel, 10);
    return state_of_b2().state == HealthState::kEjected;
  }));
  const std::string reason = state_of_b2().reason;
  ASSERT_TRUE(fleet_->backend(1).AnswerOk().ok());

  EXPECT_THAT(reason, ::testing::HasSubstr("5 consecutive failures"));
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b2") == 1; }));
  EXPECT_TRUE(Eventually([&] {
    BackendsOf(channel, 10);
    return state_of_b2().state == HealthState::kHealthy;
  }));
}

class RetryTest : public EndToEndTest {
 protected:
  static constexpr char kTwoAttemptsNoEjection[] = R"({
    "loadBalancingConfig": [{"nines": {
      "outlierDetection": {"consecutiveFailures": 0}, "retryBudget": {"percent": 100}}}],
    "methodConfig": [{
      "name": [{}],
      "retryPolicy": {
        "maxAttempts": 2, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
        "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";
};

TEST_F(RetryTest, TheSecondAttemptGoesToTheOtherEndpoint) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), kTwoAttemptsNoEjection);
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());
  testbed::ClosedLoopLoad load;
  load.threads = 16;
  load.calls_per_thread = 250;
  load.deadline = absl::Seconds(10);

  const CallTally tally = RunClosedLoop(load, channel).tally;

  EXPECT_EQ(tally.made, 4000u);
  EXPECT_EQ(tally.failed, 0u) << tally.last_error;
  // It was not avoided either. The default policy gives a smaller share to one that fails: a
  // quarter or so, and less while the machine is busy and its answers, which failures count by, are
  // slow.
  EXPECT_GT(fleet_->backend(0).CallsReceived().value_or(0), 200u);
}

TEST_F(RetryTest, ARetryTellsTheServerThatItIsOne) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), kTwoAttemptsNoEjection);
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());

  std::set<uint32_t> previous_attempts;
  for (int i = 0; i < 50; ++i) {
    const absl::StatusOr<testbed::EchoReply> reply = MakeCall(channel);
    ASSERT_TRUE(reply.ok()) << reply.status();
    previous_attempts.insert(reply->previous_attempts());
  }

  EXPECT_THAT(previous_attempts, ::testing::ElementsAre(0, 1));
}

TEST_F(RetryTest, AFailureThatIsTheCallersOwnIsNotRetried) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), kTwoAttemptsNoEjection);
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("INVALID_ARGUMENT").ok());
  ASSERT_TRUE(fleet_->backend(1).AnswerWith("INVALID_ARGUMENT").ok());
  const uint64_t before = fleet_->backend(0).CallsReceived().value_or(0) +
                          fleet_->backend(1).CallsReceived().value_or(0);

  EXPECT_EQ(MakeCall(channel).status().code(), absl::StatusCode::kInvalidArgument);

  const uint64_t after = fleet_->backend(0).CallsReceived().value_or(0) +
                         fleet_->backend(1).CallsReceived().value_or(0);
  EXPECT_EQ(after, before + 1);
}

}  // namespace
}  // namespace nines::testing
