// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Servers that have too much to do, and say so.

#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "testbed/closed_loop_load.h"

namespace nines::testing {
namespace {

using testbed::Eventually;

// An ORCA report (xds.data.orca.v3.OrcaLoadReport) of this cpu_utilization: field 1, a double.
std::string OrcaReport(double cpu_utilization) {
  std::string report = "\x09";
  char bytes[sizeof(double)];
  std::memcpy(bytes, &cpu_utilization, sizeof(double));
  return report.append(bytes, sizeof(bytes));
}

class LoadTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    StartFleet(3);
  }

  /// A channel with this in the object of nines, in quick intervals.
  std::shared_ptr<::grpc::Channel> ConnectWith(const std::string& fields) {
    auto channel =
        Connect(StaticTarget(), absl::StrCat(R"({"loadBalancingConfig": [{"nines": {)", fields,
                                             R"("outlierDetection": {"interval": "0.1s"}}}]})"));
    WarmUp(channel);
    return channel;
  }

  /// Calls until b2's share is as said.
  static bool SharesOfB2Become(const std::shared_ptr<::grpc::Channel>& channel, double at_least,
                               double at_most) {
    return Eventually([&] {
      BackendsOf(channel, 30);
      const double share = Endpoints(channel)[1].share_ratio;
      return share >= at_least && share <= at_most;
    });
  }
};

TEST_F(LoadTest, PushbackIsOverloadWhateverTheCode) {
  const auto channel = ConnectWith("");
  ASSERT_TRUE(fleet_->backend(1).AnswerWith("UNAVAILABLE", "grpc-retry-pushback-ms", "100").ok());

  EXPECT_TRUE(SharesOfB2Become(channel, 0.05, 0.5));

  const EndpointStatus b2 = Endpoints(channel)[1];
  EXPECT_EQ(b2.state, HealthState::kHealthy);
  EXPECT_EQ(b2.failures, 0u);
}

TEST_F(LoadTest, LoadInAHeaderLowersTheShareUntilItIsLess) {
  const auto channel = ConnectWith(R"("performanceCheck": {"loadHeader": "x-load"}, )");
  ASSERT_TRUE(fleet_->backend(1).AnswerWith("", "x-load", "1.6").ok());
  EXPECT_TRUE(SharesOfB2Become(channel, 0.09, 0.2));

  ASSERT_TRUE(fleet_->backend(1).AnswerWith("", "x-load", "0.1").ok());

  EXPECT_TRUE(SharesOfB2Become(channel, 0.9, 1));
}

TEST_F(LoadTest, LoadInOrcaReportsLowersTheShare) {
  const auto channel = ConnectWith(R"("performanceCheck": {}, )");

  ASSERT_TRUE(fleet_->backend(1).AnswerWith("", "endpoint-load-metrics-bin", OrcaReport(1.6)).ok());

  EXPECT_TRUE(SharesOfB2Become(channel, 0.09, 0.2));
  EXPECT_EQ(Endpoints(channel)[1].state, HealthState::kHealthy);
}

TEST_F(LoadTest, HeadersThatAreNoNumbersSayNothing) {
  // On a busy machine one backend may be slower than the others: that is not to count.
  const auto channel =
      ConnectWith(R"("performanceCheck": {"loadHeader": "x-load", "latencyFactor": 1000}, )");
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("", "x-load", "much").ok());
  ASSERT_TRUE(fleet_->backend(1).AnswerWith("", "x-load", "nan").ok());
  ASSERT_TRUE(fleet_->backend(2).AnswerWith("", "x-load", "-1e300").ok());
  const uint64_t calls = Endpoints(channel)[1].calls;

  ASSERT_TRUE(Eventually([&] {
    BackendsOf(channel, 30);
    return Endpoints(channel)[1].calls > calls + 100;
  }));

  for (const EndpointStatus& status : Endpoints(channel)) EXPECT_EQ(status.share_ratio, 1);
}

TEST_F(LoadTest, CallersInAHurryEjectNobody) {
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(fleet_->backend(i).AnswerAfter(absl::Milliseconds(50)).ok());
  }
  const auto channel = ConnectWith("");
  testbed::ClosedLoopLoad load;
  load.threads = 8;
  load.calls_per_thread = 20;
  load.deadline = absl::Seconds(5);
  ASSERT_EQ(RunClosedLoop(load, channel).tally.failed, 0u);

  load.calls_per_thread = 50;
  load.deadline = absl::Milliseconds(5);
  EXPECT_GT(RunClosedLoop(load, channel).tally.failed, 300u);

  for (const EndpointStatus& status : Endpoints(channel)) {
    EXPECT_EQ(status.state, HealthState::kHealthy) << status.reason;
    EXPECT_EQ(status.failures, 0u) << status.last_error;
  }
}

}  // namespace
}  // namespace nines::testing
