// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// From a name to endpoints, and what a caller sees when there are none.

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "nines/dns_resolver.h"
#include "nines/registry.h"
#include "support/temporary_folder.h"
#include "testbed/free_port.h"
#include "testbed/zone_server.h"

namespace nines::testing {
namespace {

using testbed::EchoCall;
using testbed::EchoReply;
using testbed::Eventually;
using testbed::MakeCall;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kNinesDefaults[] = R"({"loadBalancingConfig": [{"nines": {}}]})";

EchoCall WaitForReady() {
  return {.deadline = kPatience,
          .prepare = [](::grpc::ClientContext& context) { context.set_wait_for_ready(true); }};
}

/// Counts the times that a channel heard nothing from DNS.
class ResolveFailures final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind != Event::Kind::kResolveFailed) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = event.reason;
    ++count_;
  }
  int count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }
  std::string last() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  int count_ = 0;     // guarded by mutex_
  std::string last_;  // guarded by mutex_
};

class DiscoveryTest : public EndToEndTest {
 protected:
  /// Expects that a call fails with Unavailable well before its deadline; the message.
  static std::string ExpectUnavailable(const std::shared_ptr<::grpc::Channel>& channel) {
    const absl::Time start = absl::Now();
    const absl::Status status = MakeCall(channel, {.deadline = kPatience}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_LT(absl::Now() - start, kPatience);
    return std::string(status.message());
  }

  /// A target of a name that this test's DNS server does not know.
  std::string UnknownName() const {
    return absl::StrCat("dns://", dns_->address(), "/nobody.nines.test:80");
  }
};

TEST_F(DiscoveryTest, AnEndpointAddedInDnsIsTakenIntoUse) {
  StartFleet(3);
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {"127.0.0.2", "127.0.0.3"}).ok());
  const auto channel = Connect(DnsTarget(), kNinesDefaults);
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b2"));

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, fleet_->hosts()).ok());

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b3") == 1; }));
}

TEST_F(DiscoveryTest, AServiceConfigInDnsReplacesTheProgramsOwnIfItIsAskedFor) {
  StartFleet(1);
  ASSERT_TRUE(fleet_->backend(0).AnswerAfter(absl::Seconds(2)).ok());
  const auto zone = testbed::ZoneServer::Start(
      "greeter A 127.0.0.2\n_grpc_config.greeter TXT \"grpc_config=[{\\\"serviceConfig\\\":"
      "{\\\"methodConfig\\\":[{\\\"name\\\":[{}],\\\"timeout\\\":\\\"0.2s\\\"}]}}]\"\n");
  ASSERT_TRUE(zone.ok()) << zone.status();
  DnsOptions dns;
  dns.looks_up_service_config = true;
  Registry registry = BuiltinRegistry();
  registry.SetResolver("dns", MakeDnsResolverFactory(dns));
  ChannelOptions options;
  options.service_config_json = kNinesDefaults;
  options.registry = &registry;
  options.arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel =
      CreateChannel(absl::StrCat("dns://", (*zone)->address(), "/greeter.test:", fleet_->port()),
                    ::grpc::InsecureChannelCredentials(), options);
  ASSERT_TRUE(channel.ok()) << channel.status();

  const absl::Status status = MakeCall(*channel, WaitForReady()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_F(DiscoveryTest, AnEndpointRemovedFromDnsGetsNoMoreCalls) {
  StartFleet(3);
  const auto channel = Connect(DnsTarget(), kNinesDefaults);
  WarmUp(channel);

  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {"127.0.0.2", "127.0.0.4"}).ok());

  EXPECT_TRUE(Eventually([&] {
    BackendsOf(channel, 1);
    return Endpoints(channel).size() == 2;
  }));
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b3"));
}

TEST_F(DiscoveryTest, KnownEndpointsServeOnWhileDnsIsDown) {
  StartFleet(2);
  const auto failures = std::make_shared<ResolveFailures>();
  const auto channel = Connect(DnsTarget(), kNinesDefaults, failures);
  WarmUp(channel);

  ASSERT_TRUE(dns_->Stop().ok());
  const bool has_failed_twice = Eventually([&] {
    EXPECT_TRUE(MakeCall(channel).ok());
    return failures->count() >= 2;
  });

  EXPECT_TRUE(has_failed_twice);
}

TEST_F(DiscoveryTest, AStaticTargetNeedsNoDns) {
  StartFleet(3);
  ASSERT_TRUE(dns_->Stop().ok());
  const auto channel = Connect(StaticTarget(), kNinesDefaults);
  WarmUp(channel);

  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b2", "b3"));
}

/// What an endpoint file says of these addresses, each with `fields` after it.
std::string ListOf(const std::vector<std::string>& addresses, absl::string_view fields = "") {
  return absl::StrCat("[",
                      absl::StrJoin(addresses, ",",
                                    [&](std::string* out, const std::string& address) {
                                      absl::StrAppend(out, R"({"address": ")", address, "\"",
                                                      fields, "}");
                                    }),
                      "]");
}

TEST_F(DiscoveryTest, AFileTargetFollowsItsFile) {
  StartFleet(3);
  const std::vector<std::string> all = fleet_->addresses();
  const TemporaryFolder folder;
  folder.Write("list.json", ListOf({all[0], all[1]}));
  const auto channel = Connect(absl::StrCat("file://", folder / "list.json"), kNinesDefaults);
  ASSERT_TRUE(testbed::WarmUp(channel, 2).ok());
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b1", "b2"));

  folder.Replace("list.json", ListOf({all[1], all[2]}));

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 10).count("b3") == 1; }));
  EXPECT_THAT(BackendsOf(channel, 50), ElementsAre("b2", "b3"));
}

TEST_F(DiscoveryTest, AFileWithAMistakeLeavesTheEndpointsAndSaysWhere) {
  StartFleet(1);
  const TemporaryFolder folder;
  folder.Write("list.json", ListOf(fleet_->addresses()));
  const auto failures = std::make_shared<ResolveFailures>();
  const auto channel =
      Connect(absl::StrCat("file://", folder / "list.json"), kNinesDefaults, failures);
  WarmUp(channel);

  folder.Replace("list.json", ListOf(fleet_->addresses(), R"(, "weight": 0)"));

  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(MakeCall(channel).ok());
    return failures->count() == 1;
  }));
  EXPECT_THAT(failures->last(), HasSubstr("line 1, column "));
}

TEST_F(DiscoveryTest, AFileThatIsMissingIsUnavailable) {
  EXPECT_THAT(ExpectUnavailable(Connect("file:///nonexistent/list.json", kNinesDefaults)),
              HasSubstr("file:///nonexistent/list.json: cannot open the file"));
}

TEST_F(DiscoveryTest, AnSrvTargetHasWeightsAndTiers) {
  StartFleet(5);
  std::vector<testbed::DnsServer::Service> services;
  for (int i = 0; i < 5; ++i) {
    const std::string host = absl::StrCat("host", i, ".nines.test");
    ASSERT_TRUE(dns_->SetAddresses(host, {fleet_->hosts()[i]}).ok());
    services.push_back({host, fleet_->port(), i < 3 ? 10 : 10 * i, i < 3 ? 1 << i : 1});
  }
  ASSERT_TRUE(dns_->SetServices("_greeter._tcp.nines.test", services).ok());
  // Nobody is ejected for seeming slow on a busy machine, where several threads' turns add up to
  // what random picks give: 5 sigma.
  const auto channel = Connect(absl::StrCat("srv://", dns_->address(), "/_greeter._tcp.nines.test"),
                               R"({"loadBalancingConfig": [{"nines": {
                                   "roundRobin": {},
                                   "outlierDetection": {"maxEjectionPercent": 0}}}]})");
  ASSERT_TRUE(testbed::WarmUp(channel, 3).ok());

  std::map<std::string, int> calls;
  for (int i = 0; i < 700; ++i) ++calls[*BackendsOf(channel, 1).begin()];

  EXPECT_THAT(calls,
              ElementsAre(Pair("b1", AllOf(Ge(55), Le(145))), Pair("b2", AllOf(Ge(140), Le(260))),
                          Pair("b3", AllOf(Ge(335), Le(465)))));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(fleet_->backend(i).Kill().ok());
  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel, 20) == std::set<std::string>{"b4"}; }));
}

TEST_F(DiscoveryTest, GrpcsOwnTargetsAreBalancedToo) {
  StartFleet(3);
  const auto channel =
      Connect(absl::StrCat("ipv4:", absl::StrJoin(fleet_->addresses(), ",")), kNinesDefaults);
  WarmUp(channel);

  EXPECT_THAT(BackendsOf(channel, 50), SizeIs(3));
  EXPECT_THAT(Endpoints(channel), SizeIs(3));
}

TEST_F(DiscoveryTest, ANameThatDoesNotExistIsUnavailable) {
  const std::string message = ExpectUnavailable(Connect(UnknownName(), kNinesDefaults));

  EXPECT_THAT(message, HasSubstr("nobody.nines.test"));
}

TEST_F(DiscoveryTest, ADnsServerThatRefusesIsUnavailable) {
  const std::string target = UnknownName();
  ASSERT_TRUE(dns_->Stop().ok());

  EXPECT_THAT(ExpectUnavailable(Connect(target, kNinesDefaults)), HasSubstr("nobody.nines.test"));
}

TEST_F(DiscoveryTest, NoBackendListeningIsUnavailableAndNamesTheEndpoints) {
  StartFleet(2);
  ASSERT_TRUE(fleet_->backend(0).Kill().ok());
  ASSERT_TRUE(fleet_->backend(1).Kill().ok());

  const std::string message = ExpectUnavailable(Connect(DnsTarget(), kNinesDefaults));

  EXPECT_THAT(message, HasSubstr(fleet_->backend(0).address()));
  EXPECT_THAT(message, HasSubstr(fleet_->backend(1).address()));
  EXPECT_THAT(message, HasSubstr("2 connecting"));
}

TEST_F(DiscoveryTest, ACallThatWaitsForReadyGetsTheBackendThatComes) {
  StartFleet(1);
  ASSERT_TRUE(fleet_->backend(0).Kill().ok());
  const auto channel = Connect(DnsTarget(), kNinesDefaults);
  ExpectUnavailable(channel);

  std::future<absl::StatusOr<EchoReply>> reply =
      std::async(std::launch::async, [&] { return MakeCall(channel, WaitForReady()); });
  ASSERT_TRUE(fleet_->backend(0).Restart().ok());

  const absl::StatusOr<EchoReply> answer = reply.get();
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(DiscoveryTest, ACallThatWaitsForReadyGetsTheNameThatComes) {
  StartFleet(1);
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, {}).ok());
  const auto channel = Connect(DnsTarget(), kNinesDefaults);
  ExpectUnavailable(channel);

  std::future<absl::StatusOr<EchoReply>> reply =
      std::async(std::launch::async, [&] { return MakeCall(channel, WaitForReady()); });
  ASSERT_TRUE(dns_->SetAddresses(kServiceName, fleet_->hosts()).ok());

  const absl::StatusOr<EchoReply> answer = reply.get();
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(DiscoveryTest, ACallThatWaitsInVainEndsAtItsDeadline) {
  EchoCall call = WaitForReady();
  call.deadline = absl::Milliseconds(200);

  EXPECT_EQ(MakeCall(Connect(UnknownName(), kNinesDefaults), call).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace nines::testing
