// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines::testbed {
namespace {

/// The port that a socket of `type` gets when bound to address:port. ErrnoToStatus if it does not.
///
/// SO_REUSEADDR stays off: with it, a TCP port of connections in TIME_WAIT would pass here, and
/// then fail for a server that does not set it.
absl::StatusOr<int> TryBind(const std::string& address, int port, int type) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(address, " is not an IPv4 address"));
  }
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  socklen_t size = sizeof(name);
  const bool is_bound = bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0 &&
                        getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  const int error = errno;
  close(fd);
  if (!is_bound) return absl::ErrnoToStatus(error, absl::StrCat("bind ", address, ":", port));
  return ntohs(name.sin_port);
}

bool IsFree(const std::string& address, int port) {
  return TryBind(address, port, SOCK_STREAM).ok() && TryBind(address, port, SOCK_DGRAM).ok();
}

bool IsFreeOnAll(const std::vector<std::string>& addresses, int port) {
  for (const std::string& address : addresses) {
    if (!IsFree(address, port)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<int> FindFreePort(const std::vector<std::string>& addresses) {
  constexpr int kTries = 100;  // each fails only if the kernel's choice is taken elsewhere
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<int> port = TryBind(addresses.front(), 0, SOCK_STREAM);
    if (!port.ok()) return port.status();
    if (IsFreeOnAll(addresses, *port)) return *port;
  }
  return absl::UnavailableError("no port is free on all addresses");
}

}  // namespace nines::testbed
