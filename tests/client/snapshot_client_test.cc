// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A client that starts with what the one before it knew.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nines/client.h"
#include "nines/snapshot.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"
#include "support/manual_resolver.h"
#include "support/snapshots.h"
#include "support/temporary_folder.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Takes every query, and answers none.
class DeadNameServer {
 public:
  DeadNameServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  DeadNameServer(const DeadNameServer&) = delete;
  DeadNameServer& operator=(const DeadNameServer&) = delete;
  ~DeadNameServer() { close(fd_); }
  uint16_t port() const { return port_; }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

class SnapshotClientTest : public ::testing::Test {
 protected:
  ClientOptions Options() {
    ClientOptions options;
    options.snapshot = {folder_ / "primary", folder_ / "secondary"};
    return options;
  }
  // One of "manual:///service", whose endpoints the test names.
  std::shared_ptr<Client> StartManual() {
    registry_.SetResolver("manual", factory_);
    registry_.SetPolicy("random",
                        [](const BalancerConfig&) { return std::make_shared<InOrderPolicy>(); });
    ClientOptions options = Options();
    options.registry = &registry_;
    options.event_loop = loop_;
    return *Client::Create("manual:///service", std::move(options));
  }
  void Resolve(const std::vector<std::string>& addresses) {
    RunOnLoopAndWait(*loop_, [&] { factory_->listener->OnEndpoints(EndpointsNamed(addresses)); });
  }

  const TemporaryFolder folder_;
  const std::shared_ptr<ManualResolverFactory> factory_ = std::make_shared<ManualResolverFactory>();
  Registry registry_;
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
};

TEST_F(SnapshotClientTest, ServesItsFirstCallThoughDnsIsDead) {
  const DeadNameServer dead;
  const std::string target = absl::StrCat("dns://127.0.0.1:", dead.port(), "/greeter.test:443");
  Snapshot snapshot;
  snapshot.target = ParseTarget(target)->ToString();
  snapshot.resolved_at = absl::Now() - absl::Hours(1);
  snapshot.learned.as_of = snapshot.resolved_at;
  for (int i = 0; i < 1000; ++i) {
    Endpoint endpoint;
    endpoint.address = absl::StrCat("10.0.", i / 250, ".", i % 250, ":443");
    snapshot.endpoints.push_back(endpoint);
  }
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "primary", snapshot).ok());
  const auto begin = std::chrono::steady_clock::now();

  const auto client = Client::Create(target, Options());
  ASSERT_TRUE(client.ok()) << client.status();
  std::string address;
  const absl::Status status = (*client)->Run({}, [&](const Attempt& attempt) {
    address = attempt.endpoint.address;
    return absl::OkStatus();
  });

  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  std::printf("first of 1,000 endpoints called %.1f ms after Create began\n", took.count());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(address, HasSubstr("10.0."));
}

TEST_F(SnapshotClientTest, KnowsWhatTheClientBeforeItLearned) {
  std::shared_ptr<Client> client = StartManual();
  Resolve({"a", "b", "c"});
  for (int i = 0; i < 5; ++i) {
    const absl::Status failed =
        client->Run({}, [](const Attempt& /*attempt*/) { return absl::UnavailableError("down"); });
    ASSERT_FALSE(failed.ok());
  }
  ASSERT_TRUE(client->SetOverride("c", {.mode = Override::Mode::kDrain, .note = "ticket"}).ok());
  ASSERT_EQ(client->Endpoints()[0].state, HealthState::kEjected);
  client->Shutdown();

  client = StartManual();
  ASSERT_TRUE(client->WaitUntilReady(absl::Seconds(30)).ok());

  const std::vector<EndpointStatus> endpoints = client->Endpoints();
  ASSERT_THAT(endpoints, SizeIs(3));
  EXPECT_EQ(endpoints[0].state, HealthState::kEjected);
  EXPECT_THAT(endpoints[0].reason, HasSubstr("restored: 5 consecutive failures"));
  EXPECT_EQ(endpoints[1].state, HealthState::kHealthy);
  EXPECT_EQ(endpoints[2].state, HealthState::kDraining);
  EXPECT_EQ(endpoints[2].by_hand.note, "ticket");
}

TEST_F(SnapshotClientTest, KeepsStateOfWhoIsInTheFirstAnswerToo) {
  std::shared_ptr<Client> client = StartManual();
  Resolve({"a", "b", "c"});
  for (int i = 0; i < 5; ++i) {
    client->Run({}, [](const Attempt& /*attempt*/) { return absl::UnavailableError("down"); })
        .IgnoreError();
  }
  client->Shutdown();

  client = StartManual();
  ASSERT_TRUE(client->WaitUntilReady(absl::Seconds(30)).ok());
  Resolve({"d", "a"});

  const std::vector<EndpointStatus> endpoints = client->Endpoints();
  ASSERT_THAT(endpoints, SizeIs(2));
  EXPECT_EQ(endpoints[0].state, HealthState::kHealthy);
  EXPECT_EQ(endpoints[1].state, HealthState::kEjected);
}

TEST_F(SnapshotClientTest, StartsWithoutAPlaceToWriteTo) {
  ClientOptions options;
  options.snapshot.primary_path = folder_ / "none/state";

  const auto client = Client::Create("static:///127.0.0.1:80", std::move(options));

  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_TRUE((*client)->Run({}, [](const Attempt& /*attempt*/) { return absl::OkStatus(); }).ok());
}

TEST_F(SnapshotClientTest, RefusesAPlaceThatIsNone) {
  ClientOptions options;
  options.snapshot.primary_path = "relative";

  const auto client = Client::Create("static:///127.0.0.1:80", std::move(options));

  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(client.status()),
              HasSubstr("snapshot: primary_path: \"relative\" is not an absolute path"));
}

}  // namespace
}  // namespace nines
