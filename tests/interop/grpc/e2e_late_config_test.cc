// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A service config that the resolver finds while a channel runs: all of it holds from then on, or
// it is refused in so many words and the one before stays.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "e2e_retry_fixture.h"
#include "gmock/gmock.h"
#include "nines/event_loop.h"
#include "nines/observer.h"
#include "nines/registry.h"
#include "nines/uv_event_loop.h"
#include "support/manual_resolver.h"

namespace nines::testing {
namespace {

using testbed::EchoReply;
using testbed::Eventually;
using testbed::MakeCall;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kByHeader[] =
    R"({"loadBalancingConfig": [{"nines": {"hash": {"keys": [{"header": "x-user"}]}}}]})";
constexpr char kByContent[] =
    R"({"loadBalancingConfig": [{"nines": {"hash": {"keys": [{"requestContent": {}}]}}}]})";

/// What the resolver could not use.
class Problems final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.kind != Event::Kind::kResolveFailed) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    text_ += event.reason;
  }
  std::string text() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

class LateConfigTest : public RetriesTest {
 protected:
  void TearDown() override { channel_.reset(); }

  void Start(size_t backends, const std::string& own_config = "{}") {
    StartFleet(backends);
    Registry registry = BuiltinRegistry();
    registry.SetResolver("manual", factory_);
    ChannelOptions options;
    options.service_config_json = own_config;
    options.registry = &registry;
    options.event_loop = loop_;
    options.observer = problems_;
    options.arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = CreateChannel("manual:///service", ::grpc::InsecureChannelCredentials(),
                                       std::move(options));
    ASSERT_TRUE(channel.ok()) << channel.status();
    channel_ = *channel;
    channel_->GetState(/*try_to_connect=*/true);
    ASSERT_TRUE(Eventually([&] { return Tell([](Resolver::Listener&) {}); }));
    Tell([&](Resolver::Listener& listener) { listener.OnEndpoints(All()); });
  }

  EndpointList All() const {
    EndpointList endpoints;
    for (const std::string& address : fleet_->addresses()) {
      Endpoint endpoint;
      endpoint.address = address;
      endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
  }

  // False if the channel has no resolver yet.
  bool Tell(absl::FunctionRef<void(Resolver::Listener&)> what) {
    bool is_told = false;
    RunOnLoopAndWait(*loop_, [&] {
      if (factory_->listener == nullptr) return;
      what(*factory_->listener);
      is_told = true;
    });
    return is_told;
  }

  void FindConfig(const std::string& json) {
    ASSERT_TRUE(Tell([&](Resolver::Listener& listener) {
      listener.OnServiceConfig(json);
      listener.OnEndpoints(All());
    }));
  }

  bool EventuallyGoesByHeader() {
    return Eventually(
        [&] { return BackendsOf(channel_, 30, WithHeader("x-user", "alice")).size() == 1; });
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
  const std::shared_ptr<Problems> problems_ = std::make_shared<Problems>();
  std::shared_ptr<::grpc::Channel> channel_;
};

TEST_F(LateConfigTest, ItsRetriesAndTheirBudgetHold) {
  Start(2);
  WarmUp(channel_);
  AllAnswerWith("UNAVAILABLE");
  EXPECT_EQ(AttemptsOf(channel_, 5), 5u);

  FindConfig(
      ConfigOf(R"("retryBudget": {"percent": 0, "minPerSecond": 1, "ttl": "60s"})", kFourAttempts));
  const uint64_t before = AttemptsReceived();
  uint64_t calls = 0;
  ASSERT_TRUE(Eventually([&] {
    ++calls;
    MakeCall(channel_).IgnoreError();
    return AttemptsReceived() - before > calls;
  }));
  AttemptsOf(channel_, 100);

  EXPECT_EQ(AttemptsReceived() - before, calls + 100 + 60);
  EXPECT_THAT(problems_->text(), IsEmpty());
}

TEST_F(LateConfigTest, ItsTimeoutOfAnAttemptHolds) {
  Start(2);
  WarmUp(channel_);
  FindConfig(R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 2, "initialBackoff": "0.01s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"], "perAttemptRecvTimeout": "0.2s"}}]})");
  ASSERT_TRUE(fleet_->backend(0).AnswerAfter(kPatience).ok());

  EXPECT_TRUE(Eventually([&] {
    const absl::StatusOr<EchoReply> reply = MakeCall(channel_);
    return reply.ok() && reply->previous_attempts() == 1;
  }));
}

TEST_F(LateConfigTest, ItsBalancingHolds) {
  Start(3);
  WarmUp(channel_);

  FindConfig(kByHeader);

  EXPECT_TRUE(EventuallyGoesByHeader());
}

TEST_F(LateConfigTest, WithoutItTheProgramsOwnHoldsAgain) {
  Start(3, kByHeader);
  EXPECT_TRUE(EventuallyGoesByHeader());
  FindConfig(R"({"loadBalancingConfig": [{"nines": {"random": {}}}]})");
  EXPECT_TRUE(Eventually(
      [&] { return BackendsOf(channel_, 30, WithHeader("x-user", "alice")).size() == 3; }));

  FindConfig("");

  EXPECT_TRUE(EventuallyGoesByHeader());
}

TEST_F(LateConfigTest, HedgingIsRefusedAndTheConfigBeforeStays) {
  Start(3);
  WarmUp(channel_);
  FindConfig(kByHeader);
  ASSERT_TRUE(EventuallyGoesByHeader());

  FindConfig(R"({"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2}}]})");

  EXPECT_TRUE(Eventually([&] { return absl::StrContains(problems_->text(), "hedgingPolicy"); }));
  EXPECT_THAT(problems_->text(), HasSubstr("service config: methodConfig[0].hedgingPolicy: not "
                                           "for a channel of gRPC"));
  EXPECT_THAT(BackendsOf(channel_, 30, WithHeader("x-user", "alice")), SizeIs(1));
}

TEST_F(LateConfigTest, WhatOnlyNinesRefusesIsRefusedWithItsPath) {
  Start(1);
  WarmUp(channel_);

  FindConfig(R"({"methodConfig": [{"name": [{"service": "", "method": "b"}]}]})");

  EXPECT_TRUE(Eventually([&] { return absl::StrContains(problems_->text(), "no service"); }));
  EXPECT_THAT(problems_->text(), HasSubstr("methodConfig[0].name[0]"));
  EXPECT_TRUE(MakeCall(channel_).ok());
}

TEST_F(LateConfigTest, TheRequestAsKeyIsRefusedWhereNothingHashesIt) {
  Start(1);
  WarmUp(channel_);

  FindConfig(kByContent);

  EXPECT_TRUE(Eventually([&] { return absl::StrContains(problems_->text(), "requestContent"); }));
  EXPECT_TRUE(MakeCall(channel_).ok());
}

TEST_F(LateConfigTest, TheRequestAsKeyHoldsWhereTheProgramsOwnConfigHasIt) {
  Start(3, kByContent);
  FindConfig(absl::StrCat(R"({"loadBalancingConfig": [{"nines": {"retryBudget": {"percent": 1},
      "hash": {"keys": [{"requestContent": {}}]}}}]})"));

  EXPECT_TRUE(Eventually([&] { return BackendsOf(channel_, 30).size() == 1; }));
  EXPECT_THAT(problems_->text(), IsEmpty());
}

}  // namespace
}  // namespace nines::testing
