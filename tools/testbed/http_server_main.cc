// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Answers every HTTP request with 200, and closes the connection when the other side does or has
// asked for it. On all of 127.0.0.0/8, so that one process is a thousand endpoints.
//
// Prints "port N" once it listens, and ends at the end of its stdin.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

namespace {

// Whatever was asked for, in one segment: probes send less than a segment, too.
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kClose = "\r\nConnection: close\r\n";
constexpr int kBacklog = 1024;

/// The listening socket; -1 if there is none.
int Listen() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_ANY);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) != 0 ||
      listen(fd, kBacklog) != 0) {
    return -1;
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_in name = {};
  socklen_t size = sizeof(name);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

void Watch(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void Accept(int epoll, int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    Watch(epoll, fd);
  }
}

/// Answers what can be read; closes at the end.
void Answer(int fd) {
  std::array<char, 4096> buffer;
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  if (size <= 0) {
    close(fd);
    return;
  }
  (void)!write(fd, kAnswer.data(), kAnswer.size());
  const std::string_view request(buffer.data(), static_cast<size_t>(size));
  if (request.find(kClose) != std::string_view::npos) close(fd);
}

/// Until stdin ends.
void Serve(int epoll, int listener) {
  for (;;) {
    epoll_event event = {};
    if (epoll_wait(epoll, &event, 1, -1) < 1) continue;
    if (event.data.fd == STDIN_FILENO) return;
    if (event.data.fd == listener) {
      Accept(epoll, listener);
    } else {
      Answer(event.data.fd);
    }
  }
}

}  // namespace

int main() {
  const int listener = Listen();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (listener < 0 || epoll < 0) {
    std::perror("error");
    return 1;
  }
  Watch(epoll, listener);
  Watch(epoll, STDIN_FILENO);
  std::printf("port %d\n", PortOf(listener));
  std::fflush(stdout);
  Serve(epoll, listener);
  return 0;
}
