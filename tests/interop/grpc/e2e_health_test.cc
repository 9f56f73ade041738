// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Active health checks inside gRPC: who says that it is not well gets no calls, and gets them again
// when it says that it is.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/client.h"
#include "testbed/free_port.h"

namespace nines::testing {
namespace {

using testbed::Eventually;
using testbed::MakeCall;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A config with this probe, often, and one answer enough either way.
std::string ConfigWith(const std::string& probe) {
  return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {
      "outlierDetection": {"consecutiveFailures": 0},
      "healthCheck": {"interval": "0.02s", "timeout": "2s", "unhealthyThreshold": 1,
                      "healthyThreshold": 1, )",
                      probe, "}}}]}");
}

constexpr char kWholeServer[] = R"("grpc": {})";

class HealthCheckTest : public EndToEndTest {
 protected:
  static HealthState StateOf(const std::shared_ptr<::grpc::Channel>& channel, size_t index) {
    const std::vector<EndpointStatus> endpoints = Endpoints(channel);
    return index < endpoints.size() ? endpoints[index].state : HealthState::kConnecting;
  }

  static bool Becomes(const std::shared_ptr<::grpc::Channel>& channel, size_t index,
                      HealthState state) {
    return Eventually([&] { return StateOf(channel, index) == state; });
  }
};

TEST_F(HealthCheckTest, ABackendThatDoesNotServeGetsNoCallsUntilItDoes) {
  StartFleet(3);
  const auto channel = Connect(StaticTarget(), ConfigWith(kWholeServer));
  WarmUp(channel);

  ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());
  ASSERT_TRUE(Becomes(channel, 1, HealthState::kEjected));
  EXPECT_THAT(Endpoints(channel)[1].reason,
              AllOf(HasSubstr("grpc probes failed"), HasSubstr("NOT_SERVING")));
  EXPECT_THAT(BackendsOf(channel, 100), ElementsAre("b1", "b3"));

  ASSERT_TRUE(fleet_->backend(1).SayServing().ok());
  ASSERT_TRUE(Becomes(channel, 1, HealthState::kHealthy));
  EXPECT_THAT(BackendsOf(channel, 100), ElementsAre("b1", "b2", "b3"));
}

TEST_F(HealthCheckTest, AServiceMayBeNamed) {
  StartFleet(2);
  const auto channel =
      Connect(StaticTarget(), ConfigWith(R"("grpc": {"serviceName": "nines.testbed.Echo"})"));
  WarmUp(channel);

  ASSERT_TRUE(fleet_->backend(0).SayNotServing().ok());

  EXPECT_TRUE(Becomes(channel, 0, HealthState::kEjected));
  EXPECT_THAT(Endpoints(channel)[0].reason, HasSubstr("nines.testbed.Echo"));
}

TEST_F(HealthCheckTest, ABackendThatIsKilledComesBackWithItsHealth) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), ConfigWith(kWholeServer));
  WarmUp(channel);

  ASSERT_TRUE(fleet_->backend(0).Kill().ok());
  ASSERT_TRUE(Eventually([&] {
    return absl::StrContains(Endpoints(channel)[0].last_error.message(), "health of service");
  }));
  ASSERT_TRUE(fleet_->backend(0).Restart().ok());

  EXPECT_TRUE(Becomes(channel, 0, HealthState::kHealthy));
}

TEST_F(HealthCheckTest, AClientWithoutGrpcChannelsMayBringTheProber) {
  StartFleet(2);
  Registry registry = BuiltinRegistry();
  registry.SetProber("grpc", MakeGrpcProberFactory(::grpc::InsecureChannelCredentials()));
  const auto client = Client::Create(
      StaticTarget(), {.service_config_json = ConfigWith(kWholeServer), .registry = &registry});
  ASSERT_TRUE(client.ok()) << client.status();

  ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());

  EXPECT_TRUE(Eventually([&] {
    const std::vector<EndpointStatus> endpoints = (*client)->Endpoints();
    return endpoints.size() == 2 && endpoints[1].state == HealthState::kEjected;
  }));
}

TEST_F(HealthCheckTest, AProgramsOwnCheckJudgesTheEndpointsOfAChannel) {
  StartFleet(2);
  const std::string ill = fleet_->backend(1).address();
  const auto is_ill = std::make_shared<std::atomic<bool>>(true);
  Registry registry = BuiltinRegistry();
  registry.SetCheck("replica", [ill, is_ill](const std::string& address, absl::Duration,
                                             const std::function<void(absl::Status)>& answer) {
    answer(address == ill && *is_ill ? absl::UnavailableError("it lags") : absl::OkStatus());
  });
  const auto channel =
      CreateChannel(StaticTarget(), ::grpc::InsecureChannelCredentials(),
                    {.service_config_json = ConfigWith(R"("custom": {"name": "replica"})"),
                     .registry = &registry});
  ASSERT_TRUE(channel.ok()) << channel.status();
  ASSERT_TRUE(MakeCall(*channel).ok());  // now it works

  ASSERT_TRUE(Becomes(*channel, 1, HealthState::kEjected));
  EXPECT_THAT(Endpoints(*channel)[1].reason,
              AllOf(HasSubstr("replica probes failed"), HasSubstr("it lags")));
  // As long as the other is not connected, b2 is better than nobody.
  ASSERT_TRUE(Becomes(*channel, 0, HealthState::kHealthy));
  EXPECT_THAT(BackendsOf(*channel, 50), ElementsAre("b1"));

  *is_ill = false;
  ASSERT_TRUE(Becomes(*channel, 1, HealthState::kHealthy));
  EXPECT_THAT(BackendsOf(*channel, 50), ElementsAre("b1", "b2"));
}

/// Keeps the kinds of events. Thread-safe.
class KindRecorder final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (event.kind == Event::Kind::kProbeUnsupported) reasons_.push_back(event.reason);
    if (event.kind == Event::Kind::kStateChanged && event.to == HealthState::kEjected) ++ejected_;
  }
  std::vector<std::string> reasons() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reasons_;
  }
  int ejected() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ejected_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> reasons_;  // of kProbeUnsupported
  int ejected_ = 0;
};

TEST_F(HealthCheckTest, ABackendWithoutHealthServiceIsUsedAndSaidOfOnce) {
  const absl::StatusOr<int> port = testbed::FindFreePort({"127.0.0.2"});
  ASSERT_TRUE(port.ok()) << port.status();
  const auto backend = testbed::Backend::Start(
      {.address = absl::StrCat("127.0.0.2:", *port), .has_health_service = false});
  ASSERT_TRUE(backend.ok()) << backend.status();
  const auto recorder = std::make_shared<KindRecorder>();
  const auto channel = Connect(absl::StrCat("static:///", (*backend)->address()),
                               ConfigWith(kWholeServer), recorder);
  ASSERT_TRUE(MakeCall(channel).ok());

  ASSERT_TRUE(Eventually([&] { return !recorder->reasons().empty(); }));
  // Some probes later.
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(MakeCall(channel).ok());

  EXPECT_EQ(recorder->reasons().size(), 1u);
  EXPECT_THAT(recorder->reasons()[0], HasSubstr("it has no such health service"));
  EXPECT_EQ(recorder->ejected(), 0);
  EXPECT_EQ(StateOf(channel, 0), HealthState::kHealthy);
}

/// Probes judge nobody: only what a server says of itself does.
constexpr char kWatchOnly[] = R"({"loadBalancingConfig": [{"nines": {
    "healthCheck": {"interval": "0.1s", "timeout": "2s", "unhealthyThreshold": 1000,
                    "healthyThreshold": 1000, "grpc": {"watch": true}}}}]})";

TEST_F(HealthCheckTest, AWatchedBackendIsBelievedAtItsWord) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), kWatchOnly);
  WarmUp(channel);

  ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());
  ASSERT_TRUE(Becomes(channel, 1, HealthState::kEjected));
  EXPECT_THAT(BackendsOf(channel, 100), ElementsAre("b1"));

  ASSERT_TRUE(fleet_->backend(1).SayServing().ok());
  EXPECT_TRUE(Becomes(channel, 1, HealthState::kHealthy));
}

// It changes its mind as fast as it can, and takes no longer for it than 10 ms.
TEST_F(HealthCheckTest, AWatchedBackendThatFlapsChangesItsStateAsRarelyAsProbesCould) {
  StartFleet(2);
  const auto recorder = std::make_shared<KindRecorder>();
  const auto channel = Connect(StaticTarget(), R"({"loadBalancingConfig": [{"nines": {
      "healthCheck": {"interval": "0.2s", "timeout": "2s", "unhealthyThreshold": 1,
                      "healthyThreshold": 1, "grpc": {"watch": true}}}}]})",
                               recorder);
  WarmUp(channel);
  ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());
  ASSERT_TRUE(Becomes(channel, 1, HealthState::kEjected));
  const int before = recorder->ejected();
  const absl::Time begin = absl::Now();

  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(fleet_->backend(1).SayServing().ok());
    ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());
  }

  // Its words are passed on at once and then every 100 ms at most; a probe comes every 150 ms.
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_LE(recorder->ejected() - before, 4 + seconds / 0.1 + seconds / 0.15);
  ASSERT_TRUE(fleet_->backend(1).SayServing().ok());
  EXPECT_TRUE(Becomes(channel, 1, HealthState::kHealthy));
}

TEST_F(HealthCheckTest, ABackendThatIsRestartedIsWatchedAnew) {
  StartFleet(2);
  const auto channel = Connect(StaticTarget(), kWatchOnly);
  WarmUp(channel);

  ASSERT_TRUE(fleet_->backend(1).Kill().ok());
  ASSERT_TRUE(fleet_->backend(1).Restart().ok());
  ASSERT_TRUE(Becomes(channel, 1, HealthState::kHealthy));
  ASSERT_TRUE(fleet_->backend(1).SayNotServing().ok());

  EXPECT_TRUE(Becomes(channel, 1, HealthState::kEjected));
}

TEST_F(HealthCheckTest, AChannelOfGrpcsOwnHasNoCredentialsToProbeWith) {
  StartFleet(1);
  ASSERT_TRUE(RegisterGrpcPlugins().ok());
  ::grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ConfigWith(kWholeServer));
  const auto channel = ::grpc::CreateCustomChannel(absl::StrCat("ipv4:", fleet_->addresses()[0]),
                                                   ::grpc::InsecureChannelCredentials(), arguments);

  const absl::Status status = MakeCall(channel).status();

  EXPECT_THAT(std::string(status.message()),
              HasSubstr("healthCheck.grpc: this program has no prober 'grpc'"))
      << status;
}

TEST_F(HealthCheckTest, AnHttpCheckIsForAnyServerWithAStatusPage) {
  StartFleet(1);
  // These have none: what they answer to HTTP/1.1 is no answer.
  const auto channel = Connect(StaticTarget(), ConfigWith(R"("http": {"path": "/healthz"})"));
  ASSERT_TRUE(MakeCall(channel).ok());

  ASSERT_TRUE(Becomes(channel, 0, HealthState::kEjected));
  EXPECT_THAT(Endpoints(channel)[0].reason,
              AllOf(HasSubstr("http probes failed"),
                    HasSubstr(absl::StrCat("GET http://", fleet_->addresses()[0], "/healthz"))));
}

TEST(HealthCheckConfigTest, AProbeThatCannotBeMadeIsRefused) {
  const absl::Status status =
      nines::CreateChannel(
          "static:///127.0.0.1:1", ::grpc::InsecureChannelCredentials(),
          {.service_config_json =
               ConfigWith(R"("http": {"path": "/", "tls": true, "caFile": "/nines/no/such.pem"})")})
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("caFile: /nines/no/such.pem"));
}

}  // namespace
}  // namespace nines::testing
