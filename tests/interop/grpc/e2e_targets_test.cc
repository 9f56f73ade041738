// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Every kind of target in gRPC: lists that the program hands over, hosts in lists, what gRPC
// resolves itself, and nines' schemes in channels that gRPC makes itself.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/dns_resolver.h"
#include "nines/static_resolver.h"
#include "own_scheme.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"
#include "support/temporary_folder.h"
#include "testbed/echo_service.h"

namespace nines::testing {
namespace {

using testbed::EchoReply;
using testbed::Eventually;
using testbed::MakeCall;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kRandom[] = R"({"loadBalancingConfig": [{"nines": {}}]})";
// Nobody is ejected: on a busy machine, one may seem slow for a while, and the shares would differ.
constexpr char kRoundRobin[] = R"({"loadBalancingConfig": [{"nines": {
    "roundRobin": {}, "outlierDetection": {"maxEjectionPercent": 0}}}]})";
constexpr char kHash[] = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})";

/// Counts endpoints that come, go or change state.
class Changes final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (event.kind == Event::Kind::kEndpointAdded || event.kind == Event::Kind::kEndpointRemoved ||
        event.kind == Event::Kind::kStateChanged) {
      ++count_;
    }
  }
  int count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  int count_ = 0;  // guarded by mutex_
};

class TargetsTest : public EndToEndTest {
 protected:
  EndpointList FleetEndpoints() const { return EndpointsNamed(fleet_->addresses()); }

  /// How many of 700 calls each backend answers. Turns are each thread's own, and on a busy machine
  /// several of gRPC's pick: shares are held to what 700 random picks keep to, 5 sigma.
  static std::map<std::string, int> CallsOf(const std::shared_ptr<::grpc::Channel>& channel) {
    std::map<std::string, int> calls;
    for (int i = 0; i < 700; ++i) ++calls[*BackendsOf(channel, 1).begin()];
    return calls;
  }

  /// A channel that gRPC makes itself, with connections of its own.
  static std::shared_ptr<::grpc::Channel> ConnectPlainly(const std::string& target,
                                                         const std::string& service_config) {
    ::grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(service_config);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return ::grpc::CreateCustomChannel(target, ::grpc::InsecureChannelCredentials(), arguments);
  }
};

TEST_F(TargetsTest, AManualTargetHasTheListThatTheProgramGives) {
  StartFleet(3);
  const auto channel = Connect("manual:///greeter", kRandom);
  EndpointList endpoints = FleetEndpoints();
  endpoints.pop_back();
  ASSERT_TRUE(SetEndpoints(channel, endpoints).ok()) << "before the first call";
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());  // or all calls may go to whoever connected first
  EXPECT_THAT(BackendsOf(channel, 50), SizeIs(2));

  ASSERT_TRUE(SetEndpoints(channel, {FleetEndpoints()[2]}).ok());

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 5) == std::set<std::string>{"b3"}; }));
}

TEST_F(TargetsTest, AManualListHasWeightsAndTiers) {
  StartFleet(4);
  const auto channel = Connect("manual:///", kRoundRobin);
  EndpointList endpoints = FleetEndpoints();
  endpoints[1].weight = 2;
  endpoints[2].weight = 4;
  endpoints[3].tier = 1;
  ASSERT_TRUE(SetEndpoints(channel, endpoints).ok());
  ASSERT_TRUE(testbed::WarmUp(channel, 3).ok());

  EXPECT_THAT(CallsOf(channel),
              ElementsAre(Pair("b1", AllOf(Ge(55), Le(145))), Pair("b2", AllOf(Ge(140), Le(260))),
                          Pair("b3", AllOf(Ge(335), Le(465)))));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(fleet_->backend(i).Kill().ok());
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 20) == std::set<std::string>{"b4"}; }));
}

TEST_F(TargetsTest, KeysFollowTheHashKeyToAnotherAddress) {
  StartFleet(2);
  const auto channel = Connect("manual:///", kHash);
  EndpointList endpoints = FleetEndpoints();
  endpoints[0].hash_key = "one";
  endpoints[1].hash_key = "two";
  ASSERT_TRUE(SetEndpoints(channel, endpoints).ok());
  WarmUp(channel);
  const std::set<std::string> before = BackendsOf(channel, 5, WithHashKey("alice"));
  ASSERT_THAT(before, SizeIs(1));

  std::swap(endpoints[0].hash_key, endpoints[1].hash_key);
  ASSERT_TRUE(SetEndpoints(channel, endpoints).ok());

  const std::set<std::string> other = {*before.begin() == "b1" ? "b2" : "b1"};
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 5, WithHashKey("alice")) == other; }));
}

TEST_F(TargetsTest, NewAttributesAreShownAndDisturbNobody) {
  StartFleet(2);
  const auto changes = std::make_shared<Changes>();
  const auto channel = Connect("manual:///", kRandom, changes);
  ASSERT_TRUE(SetEndpoints(channel, FleetEndpoints()).ok());
  WarmUp(channel);
  const int before = changes->count();
  EndpointList endpoints = FleetEndpoints();
  endpoints[0].zone = "eu-1a";
  endpoints[0].attributes["rack"] = "7";

  ASSERT_TRUE(SetEndpoints(channel, endpoints).ok());

  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(MakeCall(channel).ok());
    return Endpoints(channel)[0].endpoint == endpoints[0];
  }));
  EXPECT_EQ(changes->count(), before);
  EXPECT_EQ(Endpoints(channel)[0].failures + Endpoints(channel)[1].failures, 0u);
}

TEST_F(TargetsTest, AManualListIsKeptWhileTheChannelIsIdle) {
  StartFleet(2);
  ChannelOptions options;
  options.arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, 1000);
  const auto channel =
      CreateChannel("manual:///", ::grpc::InsecureChannelCredentials(), options).value();
  ASSERT_TRUE(SetEndpoints(channel, FleetEndpoints()).ok());
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());

  ASSERT_TRUE(Eventually([&] { return channel->GetState(false) == GRPC_CHANNEL_IDLE; }));
  EXPECT_TRUE(Refresh(channel).ok()) << "there is no policy";
  EXPECT_TRUE(MakeCall(channel).ok());
}

TEST_F(TargetsTest, ListsAreRefusedWhereSomebodyElseFindsThem) {
  const auto code_of = [](const std::string& target) {
    return SetEndpoints(Connect(target, kRandom), EndpointsNamed({"127.0.0.1:80"})).code();
  };

  EXPECT_EQ(code_of("dns:///localhost:80"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code_of("ipv4:127.0.0.1:80"), absl::StatusCode::kFailedPrecondition);
  const auto plain = ConnectPlainly("ipv4:127.0.0.1:80", "{}");
  EXPECT_EQ(SetEndpoints(plain, {}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Refresh(plain).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TargetsTest, AWrongListIsRefusedAndTheOneBeforeStays) {
  StartFleet(1);
  const auto channel = Connect("manual:///", kRandom);
  ASSERT_TRUE(SetEndpoints(channel, FleetEndpoints()).ok());

  const absl::Status status = SetEndpoints(channel, EndpointsNamed({"127.0.0.1:0", "nowhere"}));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("endpoints[0].address: port 0"), HasSubstr("endpoints[1].address")));
  EXPECT_THAT(BackendsOf(channel, 5), ElementsAre("b1"));
}

/// Scheme "dns" as the system's would be if its DNS server were this one.
class DnsOfTest final : public ResolverFactory {
 public:
  explicit DnsOfTest(std::string server) : server_(std::move(server)) {}

  absl::Status CheckTarget(const Target& target) const override {
    return dns_->CheckTarget(Asking(target));
  }
  std::string DefaultAuthority(const Target& target) const override {
    return dns_->DefaultAuthority(Asking(target));
  }
  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    return dns_->MakeResolver(Asking(target), context);
  }

 private:
  Target Asking(const Target& target) const { return {target.scheme, server_, target.path}; }

  const std::string server_;
  const std::shared_ptr<const ResolverFactory> dns_ = MakeDnsResolverFactory();
};

TEST_F(TargetsTest, HostsInAStaticTargetAreFollowed) {
  StartFleet(3);
  ASSERT_TRUE(dns_->SetAddresses("a.nines.test", {"127.0.0.2"}).ok());
  Registry registry = BuiltinRegistry();
  registry.SetResolver("static",
                       MakeStaticResolverFactory(std::make_shared<DnsOfTest>(dns_->address())));
  ChannelOptions options;
  options.registry = &registry;
  const auto channel = CreateChannel(absl::StrCat("static:///a.nines.test:", fleet_->port(), ",",
                                                  fleet_->addresses()[2]),
                                     ::grpc::InsecureChannelCredentials(), options)
                           .value();
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b3"));

  ASSERT_TRUE(dns_->SetAddresses("a.nines.test", {"127.0.0.3"}).ok());

  EXPECT_TRUE(Eventually([&] {
    return BackendsOf(channel, 20) == std::set<std::string>{"b2", "b3"};
  }));
}

TEST_F(TargetsTest, RefreshReachesAResolverOfTheProgram) {
  StartFleet(1);
  const auto factory = std::make_shared<ManualResolverFactory>();
  Registry registry = BuiltinRegistry();
  registry.SetResolver("mine", factory);
  const std::shared_ptr<EventLoop> loop = SharedEventLoop().value();
  ChannelOptions options;
  options.registry = &registry;
  const auto channel =
      CreateChannel("mine:///service", ::grpc::InsecureChannelCredentials(), options).value();
  channel->GetState(true);
  ASSERT_TRUE(Eventually([&] {
    bool has_started = false;
    RunOnLoopAndWait(*loop, [&] {
      has_started = factory->listener != nullptr;
      if (has_started) factory->listener->OnEndpoints(FleetEndpoints());
    });
    return has_started;
  }));
  ASSERT_TRUE(MakeCall(channel).ok());
  const auto refreshes = [&] {
    int count = 0;
    RunOnLoopAndWait(*loop, [&] { count = factory->refreshes; });
    return count;
  };
  const int before = refreshes();

  EXPECT_TRUE(Refresh(channel).ok());

  EXPECT_TRUE(Eventually([&] { return refreshes() > before; }));
}

TEST_F(TargetsTest, WhatAProgramHasRegisteredInGrpcIsBalancedAndRefreshed) {
  StartFleet(3);
  const auto channel =
      Connect(absl::StrCat("own:///", absl::StrJoin(fleet_->addresses(), ",")), kRandom);
  WarmUp(channel);
  EXPECT_THAT(BackendsOf(channel, 50), SizeIs(3));
  EXPECT_THAT(Endpoints(channel), SizeIs(3));
  const int before = OwnSchemeRefreshes();

  EXPECT_TRUE(Refresh(channel).ok());

  EXPECT_TRUE(Eventually([&] { return OwnSchemeRefreshes() > before; }));
}

TEST_F(TargetsTest, GrpcsIpv6TargetsAreBalanced) {
  StartFleet(2);
  const auto channel = Connect(absl::StrCat("ipv6:[::ffff:127.0.0.2]:", fleet_->port(),
                                            ",[::ffff:127.0.0.3]:", fleet_->port()),
                               kRandom);
  WarmUp(channel);

  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b2"));
  EXPECT_EQ(Endpoints(channel)[0].endpoint.address,
            absl::StrCat("[::ffff:127.0.0.2]:", fleet_->port()));
}

/// A server in this process at a path.
class UnixTargetTest : public TargetsTest {
 protected:
  void SetUp() override {
    TargetsTest::SetUp();
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, ::grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  void ExpectEndpoint(const std::string& target) {
    const auto channel = Connect(target, kRandom);
    EXPECT_THAT(BackendsOf(channel, 5), ElementsAre("local")) << target;
    ASSERT_THAT(Endpoints(channel), SizeIs(1)) << target;
    EXPECT_EQ(Endpoints(channel)[0].endpoint.address, address_) << target;
  }

  const TemporaryFolder folder_;
  const std::string address_ = absl::StrCat("unix:", folder_ / "socket");
  testbed::EchoService service_{"local", address_};
  std::unique_ptr<::grpc::Server> server_;
};

TEST_F(UnixTargetTest, IsTheSameInEveryTargetThatCanNameIt) {
  folder_.Write("list", absl::StrCat(R"([{"address": ")", address_, "\"}]"));

  ExpectEndpoint(address_);
  ExpectEndpoint(absl::StrCat("static:///", address_));
  ExpectEndpoint(absl::StrCat("file://", folder_ / "list"));
}

/// Answers with the authority that the call names.
class AuthorityService final : public testbed::Echo::Service {
 public:
  ::grpc::Status Unary(::grpc::ServerContext* context, const testbed::EchoRequest* /*request*/,
                       EchoReply* reply) override {
    const ::grpc::string_ref authority = context->ExperimentalGetAuthority();
    reply->set_backend(std::string(authority.data(), authority.size()));
    return ::grpc::Status::OK;
  }
};

class AuthorityTest : public TargetsTest {
 protected:
  void SetUp() override {
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  int port_ = 0;
  AuthorityService service_;
  std::unique_ptr<::grpc::Server> server_;
};

TEST_F(AuthorityTest, OfAManualTargetIsItsName) {
  const auto channel = Connect("manual:///greeter.example:443", kRandom);
  ASSERT_TRUE(SetEndpoints(channel, EndpointsNamed({address()})).ok());

  EXPECT_THAT(BackendsOf(channel, 1), ElementsAre("greeter.example:443"));
}

TEST_F(AuthorityTest, OfAPlainChannelIsThatOfTheTarget) {
  EXPECT_THAT(BackendsOf(ConnectPlainly(absl::StrCat("nines-static:///", address()), kRandom), 1),
              ElementsAre(address()));
}

TEST_F(AuthorityTest, OfASchemeOfTheProgramIsWhatItsFactorySays) {
  class NamedResolverFactory final : public ResolverFactory {
   public:
    explicit NamedResolverFactory(Target inner) : inner_(std::move(inner)) {}
    absl::Status CheckTarget(const Target& /*target*/) const override { return absl::OkStatus(); }
    std::string DefaultAuthority(const Target& target) const override {
      return absl::StrCat(target.path, ".example");
    }
    std::unique_ptr<Resolver> MakeResolver(const Target& /*target*/,
                                           const ResolverContext& context) const override {
      return static_->MakeResolver(inner_, context);
    }

   private:
    const Target inner_;
    const std::shared_ptr<const ResolverFactory> static_ = MakeStaticResolverFactory();
  };
  Registry registry = BuiltinRegistry();
  registry.SetResolver("mine", std::make_shared<NamedResolverFactory>(
                                   *ParseTarget(absl::StrCat("static:///", address()))));
  ChannelOptions options;
  options.registry = &registry;
  const auto channel =
      CreateChannel("mine:///greeter", ::grpc::InsecureChannelCredentials(), options).value();

  EXPECT_THAT(BackendsOf(channel, 1), ElementsAre("greeter.example"));
}

TEST_F(TargetsTest, APlainChannelFollowsDnsAsNinesDoes) {
  StartFleet(2);
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {"127.0.0.2"}).ok());
  const auto channel = ConnectPlainly(absl::StrCat("nines-", DnsTarget()), kRandom);
  EXPECT_THAT(BackendsOf(channel, 20), ElementsAre("b1"));

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, fleet_->hosts()).ok());

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b2") == 1; }));
}

TEST_F(TargetsTest, APlainChannelWithAPolicyOfGrpcFollowsDnsToo) {
  StartFleet(2);
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {"127.0.0.2"}).ok());
  const auto channel = ConnectPlainly(absl::StrCat("nines-", DnsTarget()),
                                      R"({"loadBalancingConfig": [{"round_robin": {}}]})");
  EXPECT_THAT(BackendsOf(channel, 20), ElementsAre("b1"));

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, fleet_->hosts()).ok());

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b2") == 1; }));
}

TEST_F(TargetsTest, APlainChannelHasWeightsAndTiersOfSrvRecords) {
  StartFleet(3);
  std::vector<testbed::DnsServer::Service> services;
  for (int i = 0; i < 3; ++i) {
    const std::string host = absl::StrCat("host", i, ".nines.test");
    ASSERT_TRUE(dns_->SetAddresses(host, {fleet_->hosts()[i]}).ok());
    services.push_back({host, fleet_->port(), /*priority=*/i / 2, /*weight=*/i == 0 ? 2 : 5});
  }
  ASSERT_TRUE(dns_->SetServices("_greeter._tcp.nines.test", services).ok());
  const auto channel = ConnectPlainly(
      absl::StrCat("nines-srv://", dns_->address(), "/_greeter._tcp.nines.test"), kRoundRobin);
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());

  EXPECT_THAT(CallsOf(channel), ElementsAre(Pair("b1", AllOf(Ge(140), Le(260))),
                                            Pair("b2", AllOf(Ge(440), Le(560)))));
}

TEST_F(TargetsTest, APlainChannelReadsFilesAndLists) {
  StartFleet(2);
  const TemporaryFolder folder;
  folder.Write("list", absl::StrCat(R"([{"address": ")", fleet_->addresses()[0], "\"}]"));

  EXPECT_THAT(
      BackendsOf(ConnectPlainly(absl::StrCat("nines-file://", folder / "list"), kRandom), 10),
      ElementsAre("b1"));
  const auto channel = ConnectPlainly(absl::StrCat("nines-", StaticTarget()), kRoundRobin);
  WarmUp(channel);
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b2"));
}

TEST_F(TargetsTest, CreateChannelTakesTheSchemesOfPlainChannelsToo) {
  StartFleet(1);
  const auto channel = Connect(absl::StrCat("nines-", StaticTarget()), kRandom);

  EXPECT_THAT(BackendsOf(channel, 5), ElementsAre("b1"));
}

TEST_F(TargetsTest, AWrongTargetOfAPlainChannelFailsItsCalls) {
  for (const char* target : {"nines-dns:///x:0", "nines-dns:///", "nines-srv:///greeter",
                             "nines-file:///", "nines-static:///127.0.0.1"}) {
    EXPECT_FALSE(MakeCall(ConnectPlainly(target, kRandom)).ok()) << target;
  }
}

}  // namespace
}  // namespace nines::testing
