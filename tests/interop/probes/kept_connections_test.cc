// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// http probes that go out on the connection of an earlier one.

#include "kept_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/http_probe.h"
#include "nines/uv_event_loop.h"
#include "support/manual_event_loop.h"
#include "support/probe_and_wait.h"
#include "support/scripted_server.h"

namespace nines {
namespace {

using Script = ScriptedServer::Script;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Half of it passes before a connection that is kept and silent is doubted.
constexpr absl::Duration kShortTimeout = absl::Milliseconds(400);

class KeptConnectionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    absl::StatusOr<std::shared_ptr<Prober>> prober =
        CreateHttpProber(HttpProbeConfig(), {loop_.get(), "greeter.example:80"});
    ASSERT_TRUE(prober.ok()) << prober.status();
    prober_ = *std::move(prober);
  }

  void TearDown() override {
    RunOnLoopAndWait(*loop_, [&] { prober_.reset(); });
  }

  absl::Status Probe(const ScriptedServer& server, absl::Duration timeout = kLongTimeout) {
    return ProbeAndWait(*loop_, *prober_, server.address(), timeout);
  }

  void ProbeWell(const ScriptedServer& server, int times) {
    for (int i = 0; i < times; ++i) ASSERT_EQ(Probe(server), absl::OkStatus()) << i;
  }

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Prober> prober_;
};

TEST_F(KeptConnectionsTest, ProbesOfOneEndpointShareAConnection) {
  const ScriptedServer server({kOk, Script::End::kNext});
  ProbeWell(server, 1);
  const std::string first_request = server.request();

  ProbeWell(server, 4);

  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests(), 5);
  EXPECT_EQ(server.request(), first_request);
}

TEST_F(KeptConnectionsTest, AlsoIfTheAnswerIsChunked) {
  const ScriptedServer server(
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
       Script::End::kNext});

  ProbeWell(server, 3);

  EXPECT_EQ(server.connections(), 1);
}

TEST_F(KeptConnectionsTest, AlsoOverAUnixSocket) {
  const ScriptedServer server({kOk, Script::End::kNext},
                              ::testing::TempDir() + "nines_kept_connections_test.sock");

  ProbeWell(server, 3);

  EXPECT_EQ(server.connections(), 1);
}

TEST_F(KeptConnectionsTest, AServerThatClosesIsWell) {
  const ScriptedServer server({kOk, Script::End::kClose});

  ProbeWell(server, 4);

  EXPECT_EQ(server.connections(), 4);
}

TEST_F(KeptConnectionsTest, AServerThatSaysThatItWillCloseIsBelieved) {
  const ScriptedServer server(
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", Script::End::kHang});

  ProbeWell(server, 3);

  EXPECT_EQ(server.connections(), 3);
}

TEST_F(KeptConnectionsTest, AConnectionThatEndsUnderTheRequestIsReplacedAtOnce) {
  const ScriptedServer server({kOk, Script::End::kNext, "", /*answers=*/1});
  ProbeWell(server, 1);

  // It reads the request and closes; the next connection, too.
  const absl::Status status = Probe(server);

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(KeptConnectionsTest, ASilentConnectionIsDoubtedBeforeItsServer) {
  const ScriptedServer server({kOk, Script::End::kDeaf});
  ProbeWell(server, 1);

  EXPECT_EQ(Probe(server, kShortTimeout), absl::OkStatus());

  EXPECT_EQ(server.connections(), 2);
}

TEST_F(KeptConnectionsTest, AHungServerIsFoundInTime) {
  const ScriptedServer server({kOk, Script::End::kDeaf, "", /*answers=*/1});
  ProbeWell(server, 1);

  EXPECT_EQ(Probe(server, kShortTimeout).code(), absl::StatusCode::kDeadlineExceeded);

  EXPECT_EQ(server.connections(), 2);
}

TEST_F(KeptConnectionsTest, WhoAnswersThatItIsIllIsConnectedToAnew) {
  const ScriptedServer server(
      {"HTTP/1.1 503 Oops\r\nContent-Length: 0\r\n\r\n", Script::End::kNext});

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Probe(server).code(), absl::StatusCode::kUnavailable);
  }

  EXPECT_EQ(server.connections(), 3);
}

TEST_F(KeptConnectionsTest, AnswersThatAreNotSimpleAreLeftToLibcurl) {
  const ScriptedServer server(
      {absl::StrCat("HTTP/1.1 103 Early Hints\r\n\r\n", kOk), Script::End::kNext});

  ProbeWell(server, 3);

  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(KeptConnectionsTest, ForgettingEndsTheConnection) {
  ScriptedServer server({kOk, Script::End::kNext});
  ProbeWell(server, 2);

  RunOnLoopAndWait(*loop_, [&] { prober_->Forget(server.address()); });

  EXPECT_TRUE(server.WaitForCleanClose());
}

TEST_F(KeptConnectionsTest, ACancelledProbeTakesItsConnectionWithIt) {
  ScriptedServer server({kOk, Script::End::kNext, "", /*answers=*/1});
  ProbeWell(server, 1);

  RunOnLoopAndWait(*loop_, [&] {
    std::unique_ptr<Prober::Probe> probe = prober_->Start(
        server.address(), kLongTimeout, [](const absl::Status&) { FAIL() << "cancelled"; });
    probe.reset();
  });

  EXPECT_TRUE(server.WaitForCleanClose());
}

/// A connection of which nobody reads the other end.
class Pair {
 public:
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() { close(ends_[1]); }

  int ours() const { return ends_[0]; }
  bool IsClosed() const {
    char byte = 0;
    return recv(ends_[1], &byte, 1, 0) == 0;
  }

 private:
  std::array<int, 2> ends_;
};

TEST(KeptConnectionsLimitTest, NoneLivesLongerThanAMinute) {
  ManualEventLoop loop;
  KeptConnections connections(loop, /*most=*/1);
  const Pair pair;
  connections.Keep("a", pair.ours());

  loop.Advance(kKeptConnectionLife - absl::Seconds(1));
  EXPECT_TRUE(connections.Has("a"));
  loop.Advance(absl::Seconds(1));

  EXPECT_FALSE(connections.Has("a"));
}

TEST(KeptConnectionsLimitTest, WhatIsTooManyIsClosed) {
  ManualEventLoop loop;
  KeptConnections connections(loop, /*most=*/1);
  const Pair first;
  const Pair second;
  const Pair third;

  connections.Keep("a", first.ours());
  connections.Keep("b", second.ours());
  EXPECT_TRUE(second.IsClosed());
  EXPECT_FALSE(connections.Has("b"));
  connections.Keep("a", third.ours());

  EXPECT_TRUE(first.IsClosed());
  EXPECT_FALSE(third.IsClosed());
}

}  // namespace
}  // namespace nines
