// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Connections that come and go for good reasons: a restarted backend is connected to when a probe
// finds it, not when gRPC's backoff is over; a backend that takes its leave is no failure.

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "e2e_fixture.h"
#include "nines/grpc.h"
#include "testbed/echo_service.h"
#include "testbed/eventually.h"
#include "testbed/open_loop_load.h"

namespace nines::testing {
namespace {

using testbed::EchoService;
using testbed::Eventually;
using testbed::OpenLoopLoad;
using ::testing::IsEmpty;

class ConnectionTest : public EndToEndTest {
 protected:
  // After a connection has failed, gRPC waits for a minute before it tries again, as it does after
  // some attempts by default.
  static std::shared_ptr<::grpc::Channel> ConnectPatiently(const std::string& target,
                                                           const std::string& config) {
    ::grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 60'000);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 60'000);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3'600'000);
    auto channel = nines::CreateChannel(target, ::grpc::InsecureChannelCredentials(),
                                        {.service_config_json = config, .arguments = arguments});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return channel.ok() ? *channel : nullptr;
  }

  // Until a call has reached this backend again, with others under way all the time.
  static absl::Duration TimeToFirstCall(const std::shared_ptr<::grpc::Channel>& channel,
                                        const std::string& name) {
    const absl::Time begin = absl::Now();
    EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 1).count(name) == 1; }));
    return absl::Now() - begin;
  }

  static bool HasState(const std::shared_ptr<::grpc::Channel>& channel, size_t index,
                       HealthState state) {
    const std::vector<EndpointStatus> endpoints = Endpoints(channel);
    return endpoints.size() > index && endpoints[index].state == state;
  }
};

constexpr absl::Duration kInterval = absl::Seconds(1);

class ReconnectTest : public ConnectionTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ReconnectTest, ARestartedBackendGetsCallsWithinTwoProbeIntervals) {
  StartFleet(2);
  const auto channel = ConnectPatiently(
      StaticTarget(), absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"roundRobin": {},
          "healthCheck": {"interval": "1s", "timeout": "1s", )",
                                   GetParam(), "}}}]}"));
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(1).Kill().ok());
  // Out of use for its connection and, three intervals later, for its probes.
  // With calls, as gRPC hears of what happens to its connections while it waits for their ends.
  ASSERT_TRUE(Eventually([&] {
    BackendsOf(channel, 1);
    return HasState(channel, 1, HealthState::kConnecting);
  }));
  const absl::Time down_until = absl::Now() + 3 * kInterval;
  ASSERT_TRUE(Eventually([&] {
    BackendsOf(channel, 10);
    return absl::Now() >= down_until;
  }));

  ASSERT_TRUE(fleet_->backend(1).Restart().ok());

  EXPECT_LE(TimeToFirstCall(channel, "b2"), 2 * kInterval);
}

INSTANTIATE_TEST_SUITE_P(Probes, ReconnectTest, ::testing::Values(R"("tcp": {})", R"("grpc": {})"),
                         [](const auto& probe) { return probe.index == 0 ? "Tcp" : "Grpc"; });

// Backends that are slow from the start are not what these tests are about.
constexpr char kPatient[] = R"("loadBalancingConfig": [{"nines": {
    "roundRobin": {}, "outlierDetection": {"stallEjection": {"factor": 0}}}}])";

/// Keeps what happened to endpoints' health. Thread-safe.
class HealthRecorder final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind != Event::Kind::kStateChanged || event.to != HealthState::kEjected) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    ejections_.push_back(event.reason);
  }
  std::vector<std::string> ejections() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ejections_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ejections_;
};

/// A backend in this process, which can be told to take its leave.
class PoliteServer {
 public:
  PoliteServer() : service_("polite", "here") {
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~PoliteServer() { Leave(); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  EchoService& service() { return service_; }

  /// GOAWAY to all; returns when their calls have ended.
  void Leave() {
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(30));
    server_->Wait();
  }

 private:
  EchoService service_;
  int port_ = 0;
  std::unique_ptr<::grpc::Server> server_;
};

/// gRPC's servers answer so to calls that come between their GOAWAY and its arrival.
constexpr char kRetryCancelled[] = R"("methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 2, "initialBackoff": "0.01s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["CANCELLED"]}}])";

TEST_F(ConnectionTest, ABackendThatShutsDownGracefullyFailsNoCall) {
  PoliteServer leaves;
  PoliteServer stays;
  const auto recorder = std::make_shared<HealthRecorder>();
  const auto channel = Connect(absl::StrCat("static:///", leaves.address(), ",", stays.address()),
                               absl::StrCat("{", kPatient, ", ", kRetryCancelled, "}"), recorder);
  testbed::Behaviour slow;
  slow.delay = absl::Milliseconds(100);
  leaves.service().SetBehaviour(slow);
  OpenLoopLoad load(channel, {.calls_per_second = 300, .deadline = absl::Seconds(20)});
  load.Start();
  // Some calls are under way on it at any time now.
  ASSERT_TRUE(Eventually([&] { return leaves.service().calls() >= 30; }));

  leaves.Leave();
  const uint64_t enough = load.Total().made + 100;
  ASSERT_TRUE(Eventually([&] { return load.Total().made >= enough; }));
  load.Stop();

  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
  EXPECT_THAT(recorder->ejections(), IsEmpty());
  for (const EndpointStatus& endpoint : Endpoints(channel)) {
    EXPECT_EQ(endpoint.failures, 0u) << endpoint.last_error;
    EXPECT_EQ(endpoint.in_flight, 0u);
  }
  EXPECT_TRUE(HasState(channel, 0, HealthState::kConnecting));
}

TEST_F(ConnectionTest, ABackendThatDnsNoLongerNamesEndsTheCallsItHas) {
  StartFleet(2);
  const auto recorder = std::make_shared<HealthRecorder>();
  const auto channel = Connect(DnsTarget(), absl::StrCat("{", kPatient, "}"), recorder);
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(1).AnswerAfter(absl::Milliseconds(200)).ok());
  OpenLoopLoad load(channel, {.calls_per_second = 200, .deadline = absl::Seconds(20)});
  load.Start();

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {fleet_->hosts()[0]}).ok());
  ASSERT_TRUE(Eventually([&] { return Endpoints(channel).size() == 1; }));
  load.Stop();

  EXPECT_EQ(load.Total().failed, 0u) << load.Total().last_error;
  EXPECT_THAT(recorder->ejections(), IsEmpty());
}

}  // namespace
}  // namespace nines::testing
