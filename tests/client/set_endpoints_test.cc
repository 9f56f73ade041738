// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Programs that find their endpoints themselves.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/client.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SetEndpointsTest : public ::testing::Test {
 protected:
  void Start(const std::string& target) {
    ClientOptions options;
    options.event_loop = loop_;
    auto client = Client::Create(target, std::move(options));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  // Hands the list over, and waits until it is used.
  void Set(const EndpointList& endpoints) {
    ASSERT_EQ(client_->SetEndpoints(endpoints), absl::OkStatus());
    RunOnLoopAndWait(*loop_, [] {});  // behind the list
  }

  std::vector<std::string> Known() const {
    std::vector<std::string> addresses;
    for (const EndpointStatus& status : client_->Endpoints()) {
      addresses.push_back(status.endpoint.address);
    }
    return addresses;
  }

  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
  std::shared_ptr<Client> client_;
};

TEST_F(SetEndpointsTest, CallsGoToTheListThatTheProgramGives) {
  Start("manual:///greeter");
  Endpoint endpoint = EndpointsNamed({"127.0.0.1:80"})[0];
  endpoint.zone = "z";

  ASSERT_EQ(client_->SetEndpoints({endpoint}), absl::OkStatus());
  Endpoint seen;
  const absl::Status status = client_->Run({}, [&](const Attempt& attempt) {
    seen = attempt.endpoint;
    return absl::OkStatus();
  });

  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(seen, endpoint);
}

TEST_F(SetEndpointsTest, ALaterListReplacesTheOneBefore) {
  Start("manual:///");
  Set(EndpointsNamed({"127.0.0.1:80", "127.0.0.2:80"}));
  ASSERT_EQ(client_->SetOverride("127.0.0.2:80", {.mode = Override::Mode::kDrain}),
            absl::OkStatus());

  Set(EndpointsNamed({"127.0.0.2:080", "[0::1]:80"}));

  EXPECT_THAT(Known(), ElementsAre("127.0.0.2:80", "[::1]:80"));
  EXPECT_EQ(client_->Endpoints()[0].state, HealthState::kDraining);
}

TEST_F(SetEndpointsTest, AnEmptyListTakesAllAway) {
  Start("manual:///greeter");
  Set(EndpointsNamed({"127.0.0.1:80"}));

  Set({});

  EXPECT_THAT(Known(), IsEmpty());
}

TEST_F(SetEndpointsTest, UntilTheFirstListCallsWait) {
  Start("manual:///greeter");

  const absl::Status status = client_->Run({.deadline = absl::Now() + absl::Milliseconds(20)},
                                           [](const Attempt&) { return absl::OkStatus(); });

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not resolved yet"));
}

TEST_F(SetEndpointsTest, AWrongListIsRefusedWithEveryProblemAndTheOneBeforeStays) {
  Start("manual:///greeter");
  Set(EndpointsNamed({"127.0.0.1:80"}));
  EndpointList wrong = EndpointsNamed(
      {"", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "greeter:80", "[::1]:1", "[0::1]:1"});
  wrong[6].weight = 0;

  const absl::Status status = client_->SetEndpoints(wrong);
  RunOnLoopAndWait(*loop_, [] {});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("endpoints[0].address: "),
                    HasSubstr("endpoints[1].address: '127.0.0.1' has no port; allowed: "
                              "IPv4:port, [IPv6]:port, unix:path"),
                    HasSubstr("endpoints[2].address: port 0 is out of range [1, 65535]"),
                    HasSubstr("endpoints[3].address: port 65536 is out of range"),
                    HasSubstr("endpoints[4].address: 'greeter:80' has a host name"),
                    HasSubstr("endpoints[6].address: [::1]:1 stands already at endpoints[5]"),
                    HasSubstr("endpoints[6].weight: 0 is out of range")));
  EXPECT_THAT(Known(), ElementsAre("127.0.0.1:80"));
}

TEST_F(SetEndpointsTest, ATargetThatIsResolvedTakesNone) {
  Start("static:///127.0.0.1:80");

  EXPECT_EQ(client_->SetEndpoints(EndpointsNamed({"127.0.0.2:80"})),
            absl::FailedPreconditionError("static:///127.0.0.1:80: scheme 'static' finds its "
                                          "endpoints itself; a program hands over those of "
                                          "manual:///name"));
}

TEST_F(SetEndpointsTest, AClientThatIsShutDownTakesNone) {
  Start("manual:///greeter");

  client_->Shutdown();

  EXPECT_EQ(client_->SetEndpoints({}),
            absl::FailedPreconditionError("manual:///greeter: shut down"));
}

TEST_F(SetEndpointsTest, ListsComeFromManyThreadsWhileCallsRun) {
  Start("manual:///greeter");
  Set(EndpointsNamed({"127.0.0.1:80"}));
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n) {
    threads.emplace_back([&, n] {
      EndpointList mine = EndpointsNamed({"127.0.0.1:80", "127.0.0.2:80"});
      for (int i = 0; i < 200; ++i) {
        mine[0].attributes["writer"] = std::to_string(n * 1000 + i);
        if (!client_->SetEndpoints(mine).ok()) ++failed;
        const absl::Status status = client_->Run({}, [](const Attempt& attempt) {
          return attempt.endpoint.address.empty() ? absl::InternalError("") : absl::OkStatus();
        });
        if (!status.ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  Set(EndpointsNamed({"127.0.0.3:80"}));

  EXPECT_EQ(failed, 0);
  EXPECT_THAT(Known(), ElementsAre("127.0.0.3:80"));
}

}  // namespace
}  // namespace nines
