// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "connect_error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <gtest/gtest.h>

namespace nines {
namespace {

TEST(ConnectErrorTest, IsNoneForAConnection) {
  std::array<int, 2> fds;
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);

  EXPECT_EQ(ConnectError(fds[0]), 0);

  close(fds[0]);
  close(fds[1]);
}

TEST(ConnectErrorTest, IsARefusalForASocketConnectedToItself) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), size), 0);

  EXPECT_EQ(ConnectError(fd), ECONNREFUSED);

  close(fd);
}

TEST(ConnectErrorTest, IsOneForASocketThatNeverConnected) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  EXPECT_EQ(ConnectError(fd), ENOTCONN);

  close(fd);
}

TEST(ConnectErrorTest, IsTheSystemsForWhatIsNoSocket) { EXPECT_EQ(ConnectError(-1), EBADF); }

}  // namespace
}  // namespace nines
