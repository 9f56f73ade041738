// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Which endpoint a call goes to, through stock gRPC to real servers.

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"

namespace nines::testing {
namespace {

using testbed::EchoCall;
using testbed::EchoReply;
using testbed::Eventually;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kRandom[] = R"({"loadBalancingConfig": [{"nines": {"random": {}}}]})";
constexpr char kSubsetOfTwo[] = R"({"loadBalancingConfig": [{"nines": {"subset": {"size": 2}}}]})";
constexpr char kRoundRobin[] = R"({"loadBalancingConfig": [{"nines": {"roundRobin": {}}}]})";
constexpr char kLeastRequest[] = R"({"loadBalancingConfig": [{"nines": {"leastRequest": {}}}]})";
constexpr char kHashByCall[] = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})";

std::string HashBy(const std::string& key) {
  return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"hash": {"keys": [)", key, "]}}}]}");
}

class RoutingTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    StartFleet(5);
  }

  /// A channel of which every endpoint is connected, so that each key goes where it belongs.
  std::shared_ptr<::grpc::Channel> ConnectToAll(const std::string& service_config) {
    std::shared_ptr<::grpc::Channel> channel = Connect(DnsTarget(), service_config);
    EXPECT_TRUE(EventuallyHealthy(channel, fleet_->size()));
    return channel;
  }

  /// Makes calls meanwhile: gRPC's connections make progress on the threads that wait for calls.
  static bool EventuallyHealthy(const std::shared_ptr<::grpc::Channel>& channel, size_t count) {
    return Eventually([&] {
      BackendsOf(channel, 1);
      return HealthyEndpoints(channel) == count;
    });
  }

  /// The place of backend `name` in the fleet, whose backends are b1, b2, …
  std::ptrdiff_t IndexOf(const std::string& name) const {
    std::ptrdiff_t index = 0;
    while (fleet_->backend(index).name() != name) ++index;
    return index;
  }

  static size_t HealthyEndpoints(const std::shared_ptr<::grpc::Channel>& channel) {
    size_t healthy = 0;
    for (const EndpointStatus& status : Endpoints(channel)) {
      if (status.state == HealthState::kHealthy) ++healthy;
    }
    return healthy;
  }

  /// How many backends serve calls with 100 different keys.
  static size_t SpreadOf(const std::shared_ptr<::grpc::Channel>& channel,
                         EchoCall (*make_call)(const std::string& key)) {
    std::set<std::string> backends;
    for (int i = 0; i < 100; ++i) {
      backends.merge(BackendsOf(channel, 1, make_call(absl::StrCat("key-", i))));
    }
    return backends.size();
  }
};

TEST_F(RoutingTest, RandomReachesAllEndpoints) {
  EXPECT_THAT(BackendsOf(ConnectToAll(kRandom), 200), ElementsAre("b1", "b2", "b3", "b4", "b5"));
}

TEST_F(RoutingTest, RoundRobinReachesAllEndpoints) {
  EXPECT_THAT(BackendsOf(ConnectToAll(kRoundRobin), 100),
              ElementsAre("b1", "b2", "b3", "b4", "b5"));
}

TEST_F(RoutingTest, LeastRequestReachesAllEndpoints) {
  const auto channel = ConnectToAll(kLeastRequest);
  std::set<std::string> reached;

  // Not at once: one slow answer keeps calls off an endpoint until its latency has faded.
  EXPECT_TRUE(Eventually([&] {
    reached.merge(BackendsOf(channel, 50));
    return reached.size() == fleet_->size();
  }));
}

TEST_F(RoutingTest, ASubsetGetsAllCalls) {
  const auto channel = Connect(DnsTarget(), kSubsetOfTwo);
  ASSERT_TRUE(EventuallyHealthy(channel, 2));

  EXPECT_THAT(Endpoints(channel), SizeIs(2));
  EXPECT_THAT(BackendsOf(channel, 100), SizeIs(2));
}

TEST_F(RoutingTest, ASubsetKeepsWhoStaysWhenItsOtherEndpointLeaves) {
  const auto channel = Connect(DnsTarget(), kSubsetOfTwo);
  ASSERT_TRUE(EventuallyHealthy(channel, 2));
  const std::set<std::string> before = BackendsOf(channel, 100);
  std::vector<std::string> hosts = fleet_->hosts();
  hosts.erase(hosts.begin() + IndexOf(*before.begin()));

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, hosts).ok());

  ASSERT_TRUE(Eventually([&] {
    const std::set<std::string> now = BackendsOf(channel, 20);
    return now.size() == 2 && now != before;
  }));
  EXPECT_THAT(BackendsOf(channel, 100),
              AllOf(SizeIs(2), Contains(*before.rbegin()), Not(Contains(*before.begin()))));
}

TEST_F(RoutingTest, AKeyStaysOnItsEndpoint) {
  const auto channel = ConnectToAll(kHashByCall);

  EXPECT_THAT(BackendsOf(channel, 50, WithHashKey("alice")), SizeIs(1));
}

TEST_F(RoutingTest, KeysSpreadOverAllEndpoints) {
  EXPECT_EQ(SpreadOf(ConnectToAll(kHashByCall), WithHashKey), 5u);
}

TEST_F(RoutingTest, TwoChannelsAgreeOnWhereAKeyBelongs) {
  const auto one = ConnectToAll(kHashByCall);
  const auto other = ConnectToAll(kHashByCall);

  EXPECT_EQ(BackendsOf(one, 1, WithHashKey("bob")), BackendsOf(other, 1, WithHashKey("bob")));
}

TEST_F(RoutingTest, CallsWithoutAKeyGoAtRandom) {
  EXPECT_THAT(BackendsOf(ConnectToAll(kHashByCall), 100), SizeIs(5));
}

TEST_F(RoutingTest, AKeyMovesWhenItsEndpointDiesAndReturnsWithIt) {
  const auto channel = ConnectToAll(kHashByCall);
  const EchoCall call = WithHashKey("carol");
  const std::string home = *BackendsOf(channel, 1, call).begin();

  ASSERT_TRUE(BackendNamed(home).Kill().ok());
  ASSERT_TRUE(EventuallyHealthy(channel, 4));
  const std::set<std::string> refuge = BackendsOf(channel, 50, call);
  ASSERT_TRUE(BackendNamed(home).Restart().ok());

  EXPECT_THAT(refuge, SizeIs(1));
  EXPECT_THAT(refuge, Not(Contains(home)));
  EXPECT_TRUE(Eventually([&] { return *BackendsOf(channel, 1, call).begin() == home; }));
}

TEST_F(RoutingTest, TheHashKeyIsNotSent) {
  EchoCall call = WithHashKey("a secret key");
  call.want_metadata = true;

  const absl::StatusOr<EchoReply> reply = MakeCall(ConnectToAll(kHashByCall), call);

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(reply->metadata(), Not(Contains(Pair(::testing::_, "a secret key"))));
}

TEST_F(RoutingTest, AHeaderIsAKey) {
  const auto channel = ConnectToAll(HashBy(R"({"header": "x-user-id"})"));

  EXPECT_THAT(BackendsOf(channel, 50, WithHeader("x-user-id", "alice")), SizeIs(1));
  EXPECT_EQ(SpreadOf(channel, [](const std::string& key) { return WithHeader("x-user-id", key); }),
            5u);
  EXPECT_THAT(BackendsOf(channel, 100, WithHeader("x-other", "alice")), SizeIs(5));
}

TEST_F(RoutingTest, TheClientsAddressIsAKey) {
  const auto channel = ConnectToAll(HashBy(R"({"clientIp": {}})"));
  const auto from_client = [](const std::string& ip) {
    return EchoCall{.prepare = [ip](::grpc::ClientContext& context) { SetClientIp(&context, ip); }};
  };

  EXPECT_THAT(BackendsOf(channel, 50, from_client("192.0.2.7")), SizeIs(1));
  EXPECT_EQ(SpreadOf(channel, from_client), 5u);
}

TEST_F(RoutingTest, TheMethodIsAKey) {
  const auto channel = ConnectToAll(HashBy(R"({"method": {}})"));

  EXPECT_THAT(BackendsOf(channel, 50), SizeIs(1));
}

TEST_F(RoutingTest, TheRequestIsAKey) {
  const auto channel = ConnectToAll(HashBy(R"({"requestContent": {}})"));
  const auto with_message = [](const std::string& message) { return EchoCall{.message = message}; };

  EXPECT_THAT(BackendsOf(channel, 50, with_message("what is 2 + 2?")), SizeIs(1));
  EXPECT_EQ(SpreadOf(channel, with_message), 5u);
}

TEST_F(RoutingTest, SeveralKeysCombine) {
  const auto channel = ConnectToAll(HashBy(R"({"header": "x-a"}, {"header": "x-b"})"));
  const auto with_both = [](const std::string& key) {
    return EchoCall{.prepare = [key](::grpc::ClientContext& context) {
      context.AddMetadata("x-a", "the same");
      context.AddMetadata("x-b", key);
    }};
  };

  EXPECT_THAT(BackendsOf(channel, 50, with_both("alice")), SizeIs(1));
  EXPECT_EQ(SpreadOf(channel, with_both), 5u);
}

TEST_F(RoutingTest, StreamsGoByHashToo) {
  const auto channel = ConnectToAll(kHashByCall);
  const std::string home = *BackendsOf(channel, 1, WithHashKey("dave")).begin();
  const auto stub = testbed::Echo::NewStub(channel);
  ::grpc::ClientContext context;
  SetHashKey(&context, "dave");

  const auto stream = stub->Stream(&context);
  std::set<std::string> backends;
  for (int i = 0; i < 20; ++i) {
    testbed::EchoRequest request;
    request.set_message(absl::StrCat(i));
    ASSERT_TRUE(stream->Write(request));
    EchoReply reply;
    ASSERT_TRUE(stream->Read(&reply));
    EXPECT_EQ(reply.message(), absl::StrCat(i));
    backends.insert(reply.backend());
  }
  stream->WritesDone();
  const ::grpc::Status status = stream->Finish();

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(backends, ElementsAre(home));
}

}  // namespace
}  // namespace nines::testing
