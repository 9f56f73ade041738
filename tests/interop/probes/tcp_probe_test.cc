// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/tcp_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "support/gate.h"
#include "support/no_descriptors.h"
#include "support/probe_and_wait.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A socket that is bound, and listens once told to.
class BoundSocket {
 public:
  explicit BoundSocket(int family = AF_INET) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage name = {};
    name.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(name).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      reinterpret_cast<sockaddr_in6&>(name).sin6_addr = in6addr_loopback;
    }
    is_bound_ = bind(fd_, reinterpret_cast<sockaddr*>(&name), size) == 0;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
    // The port is at the same place in both.
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(name).sin_port);
    host_ = family == AF_INET ? "127.0.0.1" : "[::1]";
  }
  ~BoundSocket() { close(fd_); }

  bool is_bound() const { return is_bound_; }
  void Listen(int backlog) { EXPECT_EQ(listen(fd_, backlog), 0); }
  int fd() const { return fd_; }
  std::string address() const { return absl::StrCat(host_, ":", port_); }

 private:
  const int fd_;
  bool is_bound_ = false;
  int port_ = 0;
  std::string host_;
};

class TcpProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    prober_ = MakeTcpProber(*loop_);
  }

  absl::Status Probe(const std::string& address, absl::Duration timeout = kLongTimeout) {
    return ProbeAndWait(*loop_, *prober_, address, timeout);
  }

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Prober> prober_;
};

TEST_F(TcpProbeTest, IsOfKindTcp) { EXPECT_STREQ(prober_->kind(), "tcp"); }

TEST_F(TcpProbeTest, AListenerIsWell) {
  BoundSocket server;
  server.Listen(8);

  EXPECT_EQ(Probe(server.address()), absl::OkStatus());
}

TEST_F(TcpProbeTest, AListenerOnIpv6IsWell) {
  BoundSocket server(AF_INET6);
  if (!server.is_bound()) return;  // this machine has no IPv6
  server.Listen(8);

  EXPECT_EQ(Probe(server.address()), absl::OkStatus());
}

TEST_F(TcpProbeTest, ClosesWithoutSendingAndWithoutReset) {
  BoundSocket server;
  server.Listen(8);

  ASSERT_EQ(Probe(server.address()), absl::OkStatus());

  const int connection = accept(server.fd(), nullptr, nullptr);
  ASSERT_GE(connection, 0);
  char byte;
  EXPECT_EQ(read(connection, &byte, 1), 0);  // the end; a reset would be an error
  close(connection);
}

TEST_F(TcpProbeTest, APortWithoutListenerIsRefused) {
  const BoundSocket server;

  const absl::Status status = Probe(server.address());

  EXPECT_EQ(status, absl::UnavailableError(
                        absl::StrCat("connect to ", server.address(), ": Connection refused")));
}

TEST_F(TcpProbeTest, AFullBacklogEndsInATimeout) {
  BoundSocket server;
  server.Listen(0);
  // One connection fits; the kernel then leaves further ones without an answer.
  ASSERT_EQ(Probe(server.address()), absl::OkStatus());

  const absl::Status status = Probe(server.address(), absl::Milliseconds(50));

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(status.message(),
            absl::StrCat("connect to ", server.address(), ": no answer within 50ms"));
}

TEST_F(TcpProbeTest, CancelledProbesAreSilent) {
  const BoundSocket server;
  std::unique_ptr<Prober::Probe> later;
  bool is_called = false;
  Gate done;

  RunOnLoopAndWait(*loop_, [&] {
    std::unique_ptr<Prober::Probe> probe = prober_->Start(
        server.address(), kLongTimeout, [&](const absl::Status&) { is_called = true; });
    probe.reset();
    later =
        prober_->Start(server.address(), kLongTimeout, [&](const absl::Status&) { done.Open(); });
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_FALSE(is_called);
  RunOnLoopAndWait(*loop_, [&] { later.reset(); });
}

TEST_F(TcpProbeTest, CancelledProbesOfNoAddressAreSilentToo) {
  bool is_called = false;

  RunOnLoopAndWait(*loop_, [&] {
    std::unique_ptr<Prober::Probe> probe =
        prober_->Start("nonsense", kLongTimeout, [&](const absl::Status&) { is_called = true; });
    probe.reset();
  });

  RunOnLoopAndWait(*loop_, [] {});
  EXPECT_FALSE(is_called);
}

TEST_F(TcpProbeTest, WhatIsNoAddressIsAnInvalidArgument) {
  EXPECT_EQ(Probe("localhost:80").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TcpProbeTest, UnixSocketsAreProbedByPath) {
  const std::string path = ::testing::TempDir() + "nines_tcp_probe_test.sock";
  unlink(path.c_str());
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(name.sun_path));
  path.copy(name.sun_path, path.size());
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);

  const absl::Status before = Probe("unix:" + path);
  ASSERT_EQ(listen(server, 8), 0);
  const absl::Status listening = Probe("unix:" + path);
  close(server);
  unlink(path.c_str());
  const absl::Status after = Probe("unix:" + path);

  EXPECT_EQ(before.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(listening, absl::OkStatus());
  EXPECT_EQ(after.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(after.message()), HasSubstr("No such file or directory"));
}

TEST_F(TcpProbeTest, AShortageOfThisMachineIsNotTheEndpoints) {
  BoundSocket server;
  server.Listen(8);
  absl::Status status;
  {
    const NoDescriptors shortage;
    ASSERT_TRUE(shortage.is_in_force());
    status = Probe(server.address());
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), StartsWith("connect to 127.0.0.1:"));
}

}  // namespace
}  // namespace nines
