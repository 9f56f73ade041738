// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::testbed {
namespace {

using ::testing::StartsWith;

// All that comes back for `request`, until the server closes.
std::string Exchange(const char* host, int port, const std::string& request) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(inet_pton(AF_INET, host, &name.sin_addr), 1);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 256> chunk;
  for (ssize_t size = 0; (size = read(fd, chunk.data(), chunk.size())) > 0;) {
    answer.append(chunk.data(), static_cast<size_t>(size));
  }
  close(fd);
  return answer;
}

TEST(HttpServerTest, IsWellOnEveryLoopbackAddress) {
  const auto server = HttpServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();

  for (const char* host : {"127.0.0.1", "127.0.0.2", "127.0.3.231"}) {
    EXPECT_THAT(
        Exchange(host, (*server)->port(), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

}  // namespace
}  // namespace nines::testbed
