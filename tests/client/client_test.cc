// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/client.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAreArray;

constexpr char kRetryUnavailable[] = R"({"methodConfig": [{
    "name": [{}],
    "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
                    "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

// A client whose endpoints the test names, on a real event loop, whose calls want the endpoints in
// their order.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    registry_.SetResolver("manual", factory_);
    registry_.SetPolicy("random",
                        [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
  }

  void Start(const std::string& config) {
    ClientOptions options;
    options.service_config_json = config;
    options.registry = &registry_;
    options.event_loop = loop_;
    auto client = Client::Create("manual:///service", std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }
  void Resolve(const std::vector<std::string>& addresses) {
    RunOnLoopAndWait(*loop_, [&] { factory_->listener->OnEndpoints(EndpointsNamed(addresses)); });
  }

  // Makes a call whose attempts fail with `status` at every endpoint but those named well.
  absl::Status Call(const absl::Status& status, const std::string& well = "", Call call = {}) {
    tried_.clear();
    return client_->Run(call, [&](const Attempt& attempt) {
      tried_.push_back(attempt.endpoint.address);
      return attempt.endpoint.address == well ? absl::OkStatus() : status;
    });
  }

  std::vector<std::string> EndpointAddresses() const {
    std::vector<std::string> addresses;
    for (const EndpointStatus& status : client_->Endpoints()) {
      addresses.push_back(status.endpoint.address);
    }
    return addresses;
  }

  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  Registry registry_;
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
  std::shared_ptr<Client> client_;
  std::vector<std::string> tried_;
};

const absl::Status kDown = absl::UnavailableError("down");

TEST_F(ClientTest, RefusesATargetThatItsResolverRefuses) {
  ClientOptions options;
  options.registry = &registry_;

  const auto client = Client::Create("manual:///other", std::move(options));

  EXPECT_EQ(client.status(),
            absl::InvalidArgumentError("manual:///other: allowed is only 'service'"));
}

TEST_F(ClientTest, RefusesAHealthCheckForWhichItHasNoProber) {
  const auto client = Client::Create(
      "static:///127.0.0.1:1",
      {.service_config_json =
           R"({"loadBalancingConfig": [{"nines": {"healthCheck": {"grpc": {}}}}]})"});

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(client.status().message()),
              ::testing::StartsWith("healthCheck.grpc: this program has no prober 'grpc'; link "
                                    "nines::grpc"));
}

TEST_F(ClientTest, RefusesAnUnknownSchemeAndNamesTheKnown) {
  ClientOptions options;
  options.registry = &registry_;

  const auto client = Client::Create("gopher:///x", std::move(options));

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(client.status().message()), HasSubstr("allowed: manual"));
}

TEST_F(ClientTest, RefusesAWrongConfig) {
  ClientOptions options;
  options.registry = &registry_;
  options.service_config_json = R"({"loadBalancingConfig": [{"nines": {"bogus": 1}}]})";

  const auto client = Client::Create("manual:///service", std::move(options));

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(client.status().message()), HasSubstr("nines.bogus"));
}

TEST_F(ClientTest, RefusesWhatOnlyGrpcSupportsYet) {
  ClientOptions options;
  options.registry = &registry_;
  options.service_config_json = R"({"healthCheckConfig": {}})";

  const auto client = Client::Create("manual:///service", std::move(options));

  EXPECT_EQ(client.status(),
            absl::InvalidArgumentError("healthCheckConfig: not supported yet without gRPC"));
}

TEST_F(ClientTest, RunsTheAttemptOnAnEndpoint) {
  Start("");
  Resolve({"a", "b"});

  EXPECT_EQ(Call(kDown, "a"), absl::OkStatus());
  EXPECT_THAT(tried_, ElementsAre("a"));
}

TEST_F(ClientTest, AttemptsSeeTheAttributesOfTheLatestList) {
  Start("");
  Resolve({"a"});
  EndpointList labelled = EndpointsNamed({"a"});
  labelled[0].zone = "eu-1a";
  labelled[0].attributes["version"] = "2";
  RunOnLoopAndWait(*loop_, [&] { factory_->listener->OnEndpoints(labelled); });

  Endpoint seen;
  const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
    // While it is under way, the next list comes.
    Resolve({"a"});
    seen = attempt.endpoint;
    return absl::OkStatus();
  });

  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(seen, labelled[0]);
}

TEST_F(ClientTest, UsesNoEndpointOutsideItsSubset) {
  Start(R"({"loadBalancingConfig": [{"nines": {"subset": {"size": 2}}}]})");

  Resolve({"a", "b", "c", "d", "e"});
  const std::vector<std::string> used = EndpointAddresses();

  EXPECT_THAT(used, SizeIs(2));
  EXPECT_EQ(Call(kDown), kDown);
  EXPECT_THAT(used, IsSupersetOf(tried_));
}

TEST_F(ClientTest, SubsetStaysWhileTheEndpointsDo) {
  Start(R"({"loadBalancingConfig": [{"nines": {"subset": {"size": 2}}}]})");
  Resolve({"a", "b", "c", "d", "e"});
  const std::vector<std::string> used = EndpointAddresses();

  Resolve({"e", "d", "c", "b", "a"});

  EXPECT_THAT(EndpointAddresses(), UnorderedElementsAreArray(used));
}

TEST_F(ClientTest, RetriesElsewhereWhatThePolicyNames) {
  Start(kRetryUnavailable);
  Resolve({"a", "b", "c"});

  EXPECT_EQ(Call(kDown, "c"), absl::OkStatus());
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));
}

TEST_F(ClientTest, ReturnsTheLastAttemptsStatusWhenAttemptsAreUsedUp) {
  Start(kRetryUnavailable);
  Resolve({"a", "b", "c", "d"});

  const absl::Status status = Call(kDown);

  EXPECT_EQ(status.code(), kDown.code());
  EXPECT_THAT(std::string(status.message()), StartsWith("down (attempts used up; tried a: "));
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));
}

TEST_F(ClientTest, RetriesTheOnlyEndpointAfterABackoff) {
  Start(kRetryUnavailable);
  Resolve({"a"});

  EXPECT_EQ(Call(kDown).code(), kDown.code());
  EXPECT_THAT(tried_, ElementsAre("a", "a", "a"));
}

TEST_F(ClientTest, DoesNotRetryWhatMayHaveBeenProcessed) {
  Start("");
  Resolve({"a", "b"});

  EXPECT_EQ(Call(kDown), kDown);
  EXPECT_THAT(tried_, ElementsAre("a"));
}

TEST_F(ClientTest, RetriesWhatWasNeverProcessedWithoutAPolicy) {
  Start("");
  Resolve({"a", "b", "c", "d"});

  EXPECT_TRUE(IsUnprocessed(Call(MarkUnprocessed(kDown))));
  EXPECT_THAT(tried_, ElementsAre("a", "b", "c"));
}

TEST_F(ClientTest, DoesNotRetryACallersError) {
  Start(kRetryUnavailable);
  Resolve({"a", "b"});

  EXPECT_EQ(Call(absl::NotFoundError("no such thing")), absl::NotFoundError("no such thing"));
  EXPECT_THAT(tried_, ElementsAre("a"));
}

TEST_F(ClientTest, StopsRetryingAtTheDeadline) {
  Start(R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 5, "initialBackoff": "60s", "maxBackoff": "60s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE"]}}]})");
  Resolve({"a"});
  nines::Call call;
  call.deadline = absl::Now() + absl::Seconds(30);

  const absl::Status status = Call(kDown, "", call);  // at once

  EXPECT_EQ(status.code(), kDown.code());
  EXPECT_THAT(std::string(status.message()), HasSubstr("(no time before the deadline; tried a: "));
  EXPECT_THAT(tried_, ElementsAre("a"));
}

TEST_F(ClientTest, RetriesNoMoreThanItsBudget) {
  Start(R"({"loadBalancingConfig": [{"nines": {
      "retryBudget": {"percent": 50, "minPerSecond": 0},
      "outlierDetection": {"consecutiveFailures": 0}}}]})");
  Resolve({"a", "b"});
  int attempts = 0;

  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(IsUnprocessed(Call(MarkUnprocessed(kDown))));
    attempts += static_cast<int>(tried_.size());
  }

  EXPECT_EQ(attempts, 150);
}

TEST_F(ClientTest, TakesTheEarlierOfTheCallsAndTheMethodsDeadline) {
  Start(R"({"methodConfig": [{"name": [{"service": "s"}], "timeout": "1s"}]})");
  Resolve({"a"});
  nines::Call call;
  call.method = "/s/m";
  absl::Time deadline;

  const absl::Time before = ProcessClock().Now();
  ASSERT_TRUE(client_
                  ->Run(call,
                        [&](const Attempt& attempt) {
                          deadline = attempt.deadline;
                          return absl::OkStatus();
                        })
                  .ok());

  EXPECT_GE(deadline, before + absl::Seconds(1));
  EXPECT_LE(deadline, ProcessClock().Now() + absl::Seconds(1));
}

TEST_F(ClientTest, WaitsForTheFirstEndpoints) {
  Start("");
  std::thread resolver([&] { Resolve({"a"}); });

  EXPECT_EQ(Call(kDown, "a"), absl::OkStatus());
  resolver.join();
}

TEST_F(ClientTest, EndsAtTheDeadlineWhileNothingIsResolved) {
  Start("");
  nines::Call call;
  call.deadline = absl::Now() + absl::Milliseconds(20);

  const absl::Status status = Call(kDown, "a", call);

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not resolved yet"));
  EXPECT_THAT(tried_, IsEmpty());
}

TEST_F(ClientTest, FailsAtOnceWhenTheNameDoesNotResolve) {
  Start("");
  RunOnLoopAndWait(
      *loop_, [&] { factory_->listener->OnResolveError(absl::NotFoundError("no such name")); });

  EXPECT_EQ(Call(kDown), absl::UnavailableError("manual:///service: not resolved: no such name"));
}

TEST_F(ClientTest, WaitsForAnAnswerWhenTheMethodWaitsForReady) {
  Start(R"({"methodConfig": [{"name": [{}], "waitForReady": true}]})");
  RunOnLoopAndWait(
      *loop_, [&] { factory_->listener->OnResolveError(absl::NotFoundError("no such name")); });
  std::thread resolver([&] { Resolve({"a"}); });

  EXPECT_EQ(Call(kDown, "a"), absl::OkStatus());
  resolver.join();
}

TEST_F(ClientTest, EjectsOnTheOutcomesOfRun) {
  Start("");
  Resolve({"a", "b", "c"});

  for (int i = 0; i < 5; ++i) EXPECT_EQ(Call(kDown), kDown);

  EXPECT_EQ(client_->Endpoints()[0].state, HealthState::kEjected);
  EXPECT_EQ(Call(kDown, "b"), absl::OkStatus());
}

TEST_F(ClientTest, SaysWhenItIsReady) {
  Start("");

  const absl::Status too_early = client_->WaitUntilReady(absl::Milliseconds(1));
  EXPECT_EQ(too_early.code(), absl::StatusCode::kDeadlineExceeded);
  Resolve({"a"});

  EXPECT_EQ(client_->WaitUntilReady(absl::Seconds(30)), absl::OkStatus());
}

TEST_F(ClientTest, LeavesTheLoopToCallersWhoWantIt) {
  Start("");
  Resolve({"a", "b"});
  CallMemory memory;

  PickResult first = client_->Pick({}, memory);
  std::get<Picked>(first).lease.Report(MakeOutcome(kDown));
  const PickResult second = client_->Pick({}, memory);

  EXPECT_EQ(std::get<Picked>(second).lease.endpoint().address, "b");
}

TEST_F(ClientTest, ExplainsACall) {
  Start("");
  Resolve({"a", "b"});

  const std::vector<CandidateVerdict> verdicts = client_->Explain({});

  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0].endpoint.address, "a");
  EXPECT_EQ(verdicts[0].kind, CandidateVerdict::Kind::kTakes);
  EXPECT_EQ(verdicts[1].kind, CandidateVerdict::Kind::kStandby);
}

TEST_F(ClientTest, CountsWhatPicksMetWith) {
  Start(R"({"loadBalancingConfig": [{"nines": {"panic": {"thresholdPercent": 100}}}]})");
  Resolve({"a", "b"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Call(kDown), kDown);  // a is ejected, which is panic
  EXPECT_EQ(client_->counters().panic_picks, 0u);

  EXPECT_EQ(Call(kDown), kDown);

  EXPECT_EQ(client_->counters().panic_picks, 1u);
}

TEST_F(ClientTest, PassesRefreshOn) {
  Start("");

  client_->Refresh();

  RunOnLoopAndWait(*loop_, [&] { EXPECT_EQ(factory_->refreshes, 1); });
}

TEST_F(ClientTest, RefreshesWhenAnEndpointWasNotReached) {
  Start("");
  Resolve({"a", "b"});

  EXPECT_EQ(Call(kDown), kDown);
  RunOnLoopAndWait(*loop_, [&] { EXPECT_EQ(factory_->refreshes, 0); });
  EXPECT_EQ(Call(MarkUnprocessed(kDown), "b"), absl::OkStatus());

  RunOnLoopAndWait(*loop_, [&] { EXPECT_EQ(factory_->refreshes, 1); });
}

TEST_F(ClientTest, EndsWaitingCallsAtShutdown) {
  Start("");
  std::thread shutdown([&] { client_->Shutdown(); });

  const absl::Status status = Call(kDown);

  EXPECT_EQ(status, absl::UnavailableError("manual:///service: shut down"));
  shutdown.join();
}

TEST_F(ClientTest, EndsCallsThatWaitForReadyAtShutdown) {
  Start(R"({"methodConfig": [{"name": [{}], "waitForReady": true}]})");
  client_->Shutdown();

  EXPECT_EQ(Call(kDown), absl::UnavailableError("manual:///service: shut down"));
}

TEST_F(ClientTest, StopsResolvingAtShutdown) {
  Start("");

  client_->Shutdown();

  EXPECT_EQ(factory_->listener, nullptr);
  client_->Refresh();
  RunOnLoopAndWait(*loop_, [&] { EXPECT_EQ(factory_->refreshes, 0); });
}

TEST(BuiltinRegistryTest, ResolvesStaticTargets) {
  const auto client = Client::Create("static:///127.0.0.1:1,127.0.0.2:2");
  ASSERT_TRUE(client.ok()) << client.status();

  ASSERT_EQ((*client)->WaitUntilReady(absl::Seconds(30)), absl::OkStatus());
  std::vector<std::string> addresses;
  for (const EndpointStatus& status : (*client)->Endpoints()) {
    addresses.push_back(status.endpoint.address);
  }

  EXPECT_THAT(addresses, ElementsAre("127.0.0.1:1", "127.0.0.2:2"));
}

std::string BuiltinPolicyFor(const AlgorithmConfig& algorithm) {
  BalancerConfig config;
  config.algorithm = algorithm;
  const auto policy = BuiltinRegistry().MakePolicy(config);
  return policy.ok() ? std::string((*policy)->name()) : policy.status().ToString();
}

TEST(BuiltinRegistryTest, HasAPolicyForEachAlgorithm) {
  EXPECT_EQ(BuiltinPolicyFor(RandomConfig{}), "random");
  EXPECT_EQ(BuiltinPolicyFor(HashConfig{}), "hash");
  EXPECT_EQ(BuiltinPolicyFor(LeastRequestConfig{}), "leastRequest");
  EXPECT_EQ(BuiltinPolicyFor(RoundRobinConfig{}), "roundRobin");
}

TEST(BuiltinRegistryTest, NamesTheSchemesItHas) {
  const auto client = Client::Create("consul:///cache");

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(client.status().message()),
              HasSubstr("'consul' is not known; allowed: dns, file, manual, srv, static"));
}

TEST(SharedEventLoopTest, IsSharedAndEndsWithItsLastUser) {
  const auto first = SharedEventLoop();
  const auto second = SharedEventLoop();
  ASSERT_TRUE(first.ok()) << first.status();

  EXPECT_EQ(*first, *second);
}

}  // namespace
}  // namespace nines
