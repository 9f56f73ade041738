// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What one channel knew, in the hands of the next.

#include <memory>
#include <string>
#include <vector>

#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/snapshot.h"
#include "support/gate.h"
#include "support/temporary_folder.h"

namespace nines::testing {
namespace {

using testbed::MakeCall;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Opens its gate when an endpoint is in use that the last answer lacks.
class LameWatcher final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind == Event::Kind::kEndpointLame) gate.Open();
  }
  Gate gate;
};

class SnapshotChannelTest : public EndToEndTest {
 protected:
  std::shared_ptr<::grpc::Channel> ConnectKeeping(const std::string& target) {
    ChannelOptions options;
    options.snapshot.primary_path = folder_ / "state";
    options.observer = lame_;
    options.arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto channel =
        nines::CreateChannel(target, ::grpc::InsecureChannelCredentials(), std::move(options));
    EXPECT_TRUE(channel.ok()) << channel.status();
    return channel.ok() ? *std::move(channel) : nullptr;
  }

  const TemporaryFolder folder_;
  const std::shared_ptr<LameWatcher> lame_ = std::make_shared<LameWatcher>();
};

TEST_F(SnapshotChannelTest, ServesCallsThoughDnsIsDead) {
  StartFleet(3);
  std::shared_ptr<::grpc::Channel> channel = ConnectKeeping(DnsTarget());
  WarmUp(channel);
  channel.reset();
  ASSERT_EQ(ReadSnapshotFile(folder_ / "state")->endpoints.size(), 3u);
  ASSERT_TRUE(dns_->Stop().ok());

  channel = ConnectKeeping(DnsTarget());
  const auto reply = MakeCall(channel, {.deadline = kPatience});

  EXPECT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(Endpoints(channel), SizeIs(3));
}

TEST_F(SnapshotChannelTest, TakesTheFirstAnswerWhenDnsIsBack) {
  StartFleet(3);
  std::shared_ptr<::grpc::Channel> channel = ConnectKeeping(DnsTarget());
  WarmUp(channel);
  channel.reset();
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {fleet_->hosts()[0], fleet_->hosts()[1]}).ok());

  channel = ConnectKeeping(DnsTarget());
  ASSERT_TRUE(MakeCall(channel, {.deadline = kPatience}).ok());

  EXPECT_TRUE(testbed::Eventually([&] { return Endpoints(channel).size() == 2; }));
}

TEST_F(SnapshotChannelTest, DoesNotBelieveAFirstAnswerThatLacksMost) {
  StartFleet(4);
  std::shared_ptr<::grpc::Channel> channel = ConnectKeeping(DnsTarget());
  WarmUp(channel);
  channel.reset();
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {fleet_->hosts()[0]}).ok());

  channel = ConnectKeeping(DnsTarget());
  ASSERT_TRUE(MakeCall(channel, {.deadline = kPatience}).ok());

  ASSERT_TRUE(lame_->gate.Wait());
  EXPECT_THAT(Endpoints(channel), SizeIs(4));
}

TEST_F(SnapshotChannelTest, KeepsOverrides) {
  StartFleet(2);
  std::shared_ptr<::grpc::Channel> channel = ConnectKeeping(StaticTarget());
  WarmUp(channel);
  const Override drain = {.mode = Override::Mode::kDrain, .note = "ticket"};
  ASSERT_TRUE(SetOverride(channel, fleet_->addresses()[0], drain).ok());
  channel.reset();

  channel = ConnectKeeping(StaticTarget());
  ASSERT_TRUE(MakeCall(channel, {.deadline = kPatience}).ok());

  const std::vector<EndpointStatus> endpoints = Endpoints(channel);
  ASSERT_THAT(endpoints, SizeIs(2));
  EXPECT_EQ(endpoints[0].state, HealthState::kDraining);
  EXPECT_EQ(endpoints[0].by_hand.note, "ticket");
}

TEST_F(SnapshotChannelTest, RefusesTargetsThatGrpcResolves) {
  ChannelOptions options;
  options.snapshot.primary_path = folder_ / "state";

  const auto channel =
      nines::CreateChannel("ipv4:127.0.0.1:80", ::grpc::InsecureChannelCredentials(), options);

  EXPECT_EQ(channel.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(channel.status().message()), HasSubstr("is resolved by gRPC"));
}

TEST_F(SnapshotChannelTest, RefusesAPlaceThatIsNone) {
  ChannelOptions options;
  options.snapshot.primary_path = "relative";

  const auto channel =
      nines::CreateChannel("static:///127.0.0.1:80", ::grpc::InsecureChannelCredentials(), options);

  EXPECT_EQ(channel.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nines::testing
