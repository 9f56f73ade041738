// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "testbed/closed_loop_load.h"
#include "testbed/fleet.h"
#include "testbed/open_loop_load.h"
#include "testbed/stock_channel.h"

namespace nines::testbed {
namespace {

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(2);
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    fleet_ = *std::move(fleet);
    channel_ = MakeStockChannel(fleet_->addresses(), ServiceConfig(R"([{"round_robin": {}}])", ""));
  }

  uint64_t CallsReceived(size_t index) {
    return fleet_->backend(index).CallsReceived().value_or(0);
  }

  std::unique_ptr<Fleet> fleet_;
  std::shared_ptr<::grpc::Channel> channel_;
};

TEST_F(LoadTest, OpenLoopMakesTheCallsItIsTold) {
  OpenLoopLoad load(channel_, {.calls_per_second = 1000, .max_calls = 100});

  load.Start();
  load.Wait();

  EXPECT_EQ(load.Total().made, 100u);
  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
  EXPECT_EQ(load.Between(0, 1).made, 100u);
  EXPECT_EQ(load.Between(1, 100).made, 0u);
  EXPECT_EQ(CallsReceived(0) + CallsReceived(1), 100u);
}

TEST_F(LoadTest, OpenLoopStopsEarly) {
  OpenLoopLoad load(channel_, {.calls_per_second = 1000});

  load.Start();
  load.Stop();
  load.Stop();

  EXPECT_EQ(CallsReceived(0) + CallsReceived(1), load.Total().made);
}

TEST_F(LoadTest, OpenLoopKeepsItsRateWhileNothingAnswers) {
  ASSERT_TRUE(fleet_->backend(0).Hang().ok());
  ASSERT_TRUE(fleet_->backend(1).Hang().ok());
  OpenLoopLoad load(
      channel_, {.calls_per_second = 1000, .deadline = absl::Milliseconds(200), .max_calls = 100});

  load.Start();
  load.Wait();

  EXPECT_EQ(load.Total().made, 100u);
  EXPECT_EQ(load.Total().failed, 100u);
  EXPECT_GE(load.Total().latency.Quantile(0.5), absl::Milliseconds(190));
}

TEST_F(LoadTest, OpenLoopLetsEachCallBePrepared) {
  uint64_t sum = 0;
  OpenLoopLoad load(channel_,
                    {.calls_per_second = 1000,
                     .max_calls = 10,
                     .prepare = [&](uint64_t number, ::grpc::ClientContext&) { sum += number; }});

  load.Start();
  load.Wait();

  EXPECT_EQ(sum, 45u);
}

TEST_F(LoadTest, OpenLoopTellsOfEachCallThatHasEnded) {
  std::vector<absl::Duration> due;
  std::set<std::string> backends;
  OpenLoopLoad load(channel_, {.calls_per_second = 1000,
                               .max_calls = 10,
                               .on_end = [&](const OpenLoopLoad::EndedCall& call) {
                                 EXPECT_TRUE(call.status.ok()) << call.status.error_message();
                                 EXPECT_GT(call.latency, absl::ZeroDuration());
                                 due.push_back(call.due);
                                 backends.insert(call.reply.backend());
                               }});

  load.Start();
  load.Wait();

  std::sort(due.begin(), due.end());
  ASSERT_EQ(due.size(), 10u);
  EXPECT_EQ(due.front(), absl::ZeroDuration());
  EXPECT_EQ(due.back(), absl::Milliseconds(9));
  EXPECT_EQ(backends.count("b1") + backends.count("b2"), backends.size());
}

TEST_F(LoadTest, ClosedLoopMakesTheCallsOfAllThreads) {
  ClosedLoopLoad load;
  load.threads = 4;
  load.calls_per_thread = 25;

  const ClosedLoopResult result = RunClosedLoop(load, channel_);

  EXPECT_EQ(result.tally.made, 100u);
  EXPECT_EQ(result.tally.failed, 0u) << result.tally.last_error;
  EXPECT_GT(result.CallsPerSecond(), 0);
}

TEST_F(LoadTest, StockSettingsEjectAndRetry) {
  ASSERT_TRUE(fleet_->backend(0).AnswerWith("UNAVAILABLE").ok());
  const std::shared_ptr<::grpc::Channel> channel =
      MakeStockChannel(fleet_->addresses(), ServiceConfig(kStockBalancing, kRetryMethodConfig));
  ClosedLoopLoad load;
  load.threads = 1;
  load.calls_per_thread = 50;

  const ClosedLoopResult result = RunClosedLoop(load, channel);

  EXPECT_EQ(result.tally.failed, 0u) << result.tally.last_error;
}

}  // namespace
}  // namespace nines::testbed
