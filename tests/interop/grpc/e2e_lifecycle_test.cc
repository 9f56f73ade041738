// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Channels and endpoints that come and go while calls are under way.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "e2e_fixture.h"
#include "echo.grpc.pb.h"
#include "gmock/gmock.h"
#include "nines/grpc_trace.h"
#include "nines/registry.h"
#include "nines/tcp_probe.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"
#include "testbed/open_loop_load.h"

namespace nines::testing {
namespace {

using testbed::EchoReply;
using testbed::Eventually;
using testbed::MakeCall;
using testbed::OpenLoopLoad;
using ::testing::ElementsAre;

class LifecycleTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    StartFleet(3);
  }

  static std::string Config() {
    return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {}}], )", kFourAttempts, "}");
  }

  /// Waits until that many more calls have ended.
  static bool EndCalls(const OpenLoopLoad& load, uint64_t count) {
    const uint64_t enough = load.Total().made + count;
    return Eventually([&] { return load.Total().made >= enough; });
  }

  static bool IsHealthy(const std::shared_ptr<::grpc::Channel>& channel, size_t index) {
    const std::vector<EndpointStatus> endpoints = Endpoints(channel);
    return endpoints.size() > index && endpoints[index].state == HealthState::kHealthy;
  }
};

TEST_F(LifecycleTest, ARollingRestartFailsNoCall) {
  const auto channel = Connect(DnsTarget(), Config());
  WarmUp(channel);
  OpenLoopLoad load(channel, {.calls_per_second = 300, .deadline = absl::Seconds(5)});

  load.Start();
  for (size_t i = 0; i < fleet_->size(); ++i) {
    ASSERT_TRUE(fleet_->backend(i).Kill().ok());
    ASSERT_TRUE(EndCalls(load, 50));
    ASSERT_TRUE(fleet_->backend(i).Restart().ok());
    ASSERT_TRUE(Eventually([&] { return IsHealthy(channel, i); }));
  }
  load.Stop();

  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
}

TEST_F(LifecycleTest, AChangingAnswerOfDnsFailsNoCall) {
  const auto channel = Connect(DnsTarget(), Config());
  WarmUp(channel);
  OpenLoopLoad load(channel, {.calls_per_second = 300, .deadline = absl::Seconds(5)});

  load.Start();
  for (const std::string& removed : fleet_->hosts()) {
    std::vector<std::string> hosts;
    for (const std::string& host : fleet_->hosts()) {
      if (host != removed) hosts.push_back(host);
    }
    ASSERT_TRUE(dns_->SetAddresses(kServiceName, hosts).ok());
    ASSERT_TRUE(Eventually([&] {
      const std::vector<EndpointStatus> endpoints = Endpoints(channel);
      return endpoints.size() == 2 &&
             endpoints[0].endpoint.address == absl::StrCat(hosts[0], ":", fleet_->port()) &&
             endpoints[1].endpoint.address == absl::StrCat(hosts[1], ":", fleet_->port());
    }));
  }
  load.Stop();

  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
}

TEST_F(LifecycleTest, AnOutageOfAllFailsCallsEarlyAndEndsWithIt) {
  const auto channel = Connect(StaticTarget(), Config());
  WarmUp(channel);
  for (size_t i = 0; i < fleet_->size(); ++i) ASSERT_TRUE(fleet_->backend(i).Kill().ok());

  const absl::Time start = absl::Now();
  const absl::Status status = MakeCall(channel, {.deadline = kPatience}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_LT(absl::Now() - start, kPatience / 2);

  for (size_t i = 0; i < fleet_->size(); ++i) ASSERT_TRUE(fleet_->backend(i).Restart().ok());
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b2") == 1; }));
}

TEST_F(LifecycleTest, CallsThatAreCancelledCountAgainstNobody) {
  const auto channel = Connect(StaticTarget(), Config());
  WarmUp(channel);
  for (size_t i = 0; i < fleet_->size(); ++i) ASSERT_TRUE(fleet_->backend(i).Hang().ok());
  const auto stub = testbed::Echo::NewStub(channel);

  for (int i = 0; i < 30; ++i) {
    ::grpc::ClientContext context;
    ::grpc::CompletionQueue queue;
    EchoReply reply;
    ::grpc::Status status;
    const auto reader = stub->AsyncUnary(&context, testbed::EchoRequest(), &queue);
    reader->Finish(&reply, &status, nullptr);
    context.TryCancel();
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_EQ(status.error_code(), ::grpc::StatusCode::CANCELLED);
  }

  for (const EndpointStatus& endpoint : Endpoints(channel)) {
    EXPECT_EQ(endpoint.state, HealthState::kHealthy) << endpoint.reason;
    EXPECT_EQ(endpoint.in_flight, 0u);
    EXPECT_EQ(endpoint.failures, 0u) << endpoint.last_error;
  }
}

TEST_F(LifecycleTest, ADrainedEndpointGetsNoCall) {
  const auto channel = Connect(StaticTarget(), Config());
  WarmUp(channel);
  const std::string b1 = Endpoints(channel)[0].endpoint.address;

  ASSERT_TRUE(SetOverride(channel, b1, {.mode = Override::Mode::kDrain}).ok());

  EXPECT_EQ(Endpoints(channel)[0].state, HealthState::kDraining);
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b2", "b3"));
  ASSERT_TRUE(SetOverride(channel, b1, {}).ok());
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b1") == 1; }));
}

// gRPC throws the policy of an idle channel away.
TEST_F(LifecycleTest, AnOverrideHoldsWhenTheChannelWasIdle) {
  ChannelOptions options;
  options.arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, 1000);
  const auto channel =
      CreateChannel(StaticTarget(), ::grpc::InsecureChannelCredentials(), options).value();
  const std::string b1 = absl::StrCat(fleet_->hosts()[0], ":", fleet_->port());
  ASSERT_TRUE(SetOverride(channel, b1, {.mode = Override::Mode::kDisable}).ok())
      << "before the first call";
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b2", "b3"));

  ASSERT_TRUE(Eventually([&] { return channel->GetState(false) == GRPC_CHANNEL_IDLE; }));

  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b2", "b3"));
  EXPECT_EQ(Endpoints(channel)[0].state, HealthState::kDisabled);
}

TEST_F(LifecycleTest, ChannelsComeAndGoWhileTheyAreUsed) {
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        const auto channel = Connect(DnsTarget(), Config());
        for (int call = 0; call < 3; ++call) failed += MakeCall(channel).ok() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failed, 0);
}

TEST_F(LifecycleTest, AChannelMayGoBeforeItsCallsEnd) {
  for (size_t i = 0; i < fleet_->size(); ++i) {
    ASSERT_TRUE(fleet_->backend(i).AnswerAfter(absl::Milliseconds(50)).ok());
  }
  auto channel = Connect(StaticTarget(), Config());
  WarmUp(channel);
  OpenLoopLoad load(channel, {.calls_per_second = 1000, .max_calls = 100});
  load.Start();

  channel.reset();  // the load's stub keeps gRPC's channel, and nines with it
  load.Wait();

  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
}

TEST_F(LifecycleTest, AChannelThatNothingUsedGoesWithoutATrace) {
  for (int i = 0; i < 100; ++i) Connect(DnsTarget(), Config());
}

// The thread of the loop brings the channel an answer, and finds there that the channel is to end.
TEST_F(LifecycleTest, AChannelDoesNotEndBeneathItsResolver) {
  const std::shared_ptr<EventLoop> loop = *CreateUvEventLoop();
  const auto factory = std::make_shared<ManualResolverFactory>();
  absl::Notification is_inside;
  absl::Notification is_ended;
  Registry registry = BuiltinRegistry();
  registry.SetResolver("mine", factory);
  registry.SetProber("tcp",
                     [&](const HealthCheckConfig& /*config*/,
                         const ProberContext& context) -> absl::StatusOr<std::shared_ptr<Prober>> {
                       if (loop->IsLoopThread()) {
                         is_inside.Notify();
                         is_ended.WaitForNotification();
                       }
                       return MakeTcpProber(*context.loop);
                     });
  ChannelOptions options;
  options.registry = &registry;
  options.event_loop = loop;
  options.service_config_json =
      R"({"loadBalancingConfig": [{"nines": {"healthCheck": {"tcp": {}}}}]})";
  auto channel =
      CreateChannel("mine:///service", ::grpc::InsecureChannelCredentials(), options).value();
  channel->GetState(/*try_to_connect=*/true);
  const auto has_resolver = [&] {
    bool has_one = false;
    RunOnLoopAndWait(*loop, [&] { has_one = factory->listener != nullptr; });
    return has_one;
  };
  ASSERT_TRUE(Eventually(has_resolver));

  bool is_there_after = false;
  loop->Post([&] {
    factory->listener->OnEndpoints(EndpointsNamed(fleet_->addresses()));
    is_there_after = factory->listener != nullptr;
  });
  EXPECT_TRUE(is_inside.WaitForNotificationWithTimeout(kPatience));
  channel.reset();
  is_ended.Notify();

  EXPECT_TRUE(Eventually([&] { return !has_resolver(); }));
  EXPECT_TRUE(is_there_after);
}

TEST_F(LifecycleTest, AChannelMayGoWhileItsCallsAreUnderWay) {
  // The last to hold a channel is then a call, on a thread of gRPC's.
  for (int round = 0; round < 30; ++round) {
    std::shared_ptr<::grpc::Channel> channel = Connect(DnsTarget(), Config());
    WarmUp(channel);
    ASSERT_TRUE(fleet_->backend(0).AnswerAfter(absl::Milliseconds(20)).ok());
    std::unique_ptr<testbed::Echo::Stub> stub = testbed::Echo::NewStub(channel);
    constexpr int kCalls = 6;
    struct Call {
      ::grpc::ClientContext context;
      testbed::EchoRequest request;
      EchoReply reply;
    };
    std::vector<Call> calls(kCalls);
    absl::BlockingCounter ended(kCalls);
    for (Call& call : calls) {
      const GrpcCallTrace trace = TraceCall(&call.context);
      stub->async()->Unary(&call.context, &call.request, &call.reply,
                           [&ended](const ::grpc::Status& /*status*/) { ended.DecrementCount(); });
    }

    stub.reset();
    channel.reset();
    if (round % 2 == 0) {  // else they end by themselves
      for (Call& call : calls) call.context.TryCancel();
    }

    ended.Wait();
  }
}

}  // namespace
}  // namespace nines::testing
