// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// An hour without DNS, in which a client makes calls all along: real sockets and a name server that
// is silent, by a clock that is turned.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/client.h"
#include "nines/dns_resolver.h"
#include "nines/registry.h"
#include "support/fakes.h"
#include "support/socket_event_loop.h"
#include "testbed/fake_name_server.h"

namespace nines {
namespace {

using testbed::DnsCode;
using testbed::DnsType;
using testbed::FakeNameServer;
using testbed::FakeReply;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class DnsOutageTest : public ::testing::Test {
 protected:
  // A client with two endpoints that DNS has named, and then no DNS any more.
  void StartAndLoseDns(const DnsOptions& dns = {}) {
    Serve({"127.0.0.1", "127.0.0.2"});
    registry_.SetResolver("dns", MakeDnsResolverFactory(dns));
    ClientOptions options;
    options.registry = &registry_;
    options.event_loop = loop_;
    options.random = &random_;
    options.observer = events_;
    auto client = Client::Create(absl::StrCat("dns://", server_.address(), "/greeter.test:80"),
                                 std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    ASSERT_TRUE(loop_->ServeUntil([&] { return client_->Endpoints().size() == 2; }));
    Silence();
  }

  void Serve(const std::vector<std::string>& addresses) {
    FakeReply reply;
    for (const std::string& address : addresses) {
      reply.records.push_back({"greeter.test", DnsType::kA, 1, address});
    }
    server_.SetReply(DnsType::kA, reply);
    server_.SetReply(DnsType::kAaaa, {});
  }
  void Silence() {
    const FakeReply silence = {FakeReply::Kind::kSilence, DnsCode::kOk};
    server_.SetReply(DnsType::kA, silence);
    server_.SetReply(DnsType::kAaaa, silence);
  }
  // The name server is back with these.
  void Recover(const std::vector<std::string>& addresses) {
    while (loop_->is_watching()) loop_->Advance(absl::Seconds(1));  // what it did not hear
    Serve(addresses);
    while (!loop_->is_watching()) loop_->Advance(absl::Seconds(1));
    ASSERT_TRUE(loop_->ServeUntil([&] { return !loop_->is_watching(); }));
  }

  absl::Status Call() {
    return client_->Run({}, [](const Attempt& /*attempt*/) { return absl::OkStatus(); });
  }
  // A call each second; how many have failed.
  int CallFor(absl::Duration time) {
    int failed = 0;
    for (absl::Duration passed; passed < time; passed += absl::Seconds(1)) {
      loop_->Advance(absl::Seconds(1));
      if (!Call().ok()) ++failed;
    }
    return failed;
  }
  // Of the last lookup that failed, as people read it.
  std::string LastFailure() const {
    std::string reason;
    for (const Event& event : events_->events) {
      if (event.kind == Event::Kind::kResolveFailed) reason = event.reason;
    }
    return reason;
  }

  FakeNameServer server_;
  Registry registry_ = BuiltinRegistry();
  const std::shared_ptr<SocketEventLoop> loop_ = std::make_shared<SocketEventLoop>();
  FixedRandom random_;
  const std::shared_ptr<EventRecorder> events_ = std::make_shared<EventRecorder>();
  std::shared_ptr<Client> client_;
};

TEST_F(DnsOutageTest, FailsNoCallInAnHourAndSaysHowOldTheEndpointsAre) {
  StartAndLoseDns();

  EXPECT_EQ(CallFor(absl::Hours(1)), 0);

  EXPECT_THAT(LastFailure(), AllOf(HasSubstr("/greeter.test:80: no answer within 5s; 2 endpoints"),
                                   HasSubstr("of 59m"), EndsWith("s ago in use")));
}

TEST_F(DnsOutageTest, EndsWithTheFirstAnswerAfterIt) {
  StartAndLoseDns();
  CallFor(absl::Hours(1));

  Recover({"127.0.0.2", "127.0.0.3"});

  const std::vector<EndpointStatus> endpoints = client_->Endpoints();
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].endpoint.address, "127.0.0.2:80");
  EXPECT_EQ(endpoints[1].endpoint.address, "127.0.0.3:80");
  EXPECT_EQ(CallFor(absl::Seconds(1)), 0);
}

TEST_F(DnsOutageTest, FailsEveryCallAfterMaxStaleAndSaysWhy) {
  DnsOptions dns;
  dns.max_stale = absl::Minutes(10);
  StartAndLoseDns(dns);

  EXPECT_EQ(CallFor(absl::Minutes(10) - absl::Seconds(1)), 0);
  CallFor(absl::Seconds(40));  // the next lookup
  EXPECT_EQ(CallFor(absl::Minutes(1)), 60);

  const absl::Status status = Call();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no answer within 5s"));
}

TEST_F(DnsOutageTest, MaxStaleIsAnEventAndTheNextAnswerEndsIt) {
  DnsOptions dns;
  dns.max_stale = absl::Minutes(10);
  StartAndLoseDns(dns);
  CallFor(absl::Minutes(11));
  std::vector<std::string> given_up;
  for (const Event& event : events_->events) {
    if (absl::StrContains(event.reason, "and counts for")) given_up.push_back(event.reason);
  }
  EXPECT_THAT(given_up,
              ElementsAre(AllOf(HasSubstr("no answer within 5s; the last answer is of 10m"),
                                EndsWith("ago, and counts for 10m"))));

  Recover({"127.0.0.2"});

  EXPECT_EQ(CallFor(absl::Minutes(1)), 0);
}

}  // namespace
}  // namespace nines
