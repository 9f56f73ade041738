// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Without gRPC: the caller's own protocol (here, just a TCP connection), nines' choice of endpoint.
//   tcp_check static:///127.0.0.1:80,127.0.0.2:80
// Prints each attempt; exit status 0 if one of them connected.

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "nines/client.h"

namespace {

// Connects to "host:port" and hangs up. A connection that was never made is safe to retry.
absl::Status Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(),
                                nullptr, &found);
  if (error != 0) return absl::InvalidArgumentError(gai_strerror(error));
  const int fd = socket(found->ai_family, SOCK_STREAM, 0);
  const bool is_connected = connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  const std::string reason = std::strerror(errno);
  close(fd);
  freeaddrinfo(found);
  if (is_connected) return absl::OkStatus();
  return nines::MarkUnprocessed(absl::UnavailableError(reason));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: tcp_check TARGET\n"), 2;
  const auto client = nines::Client::Create(argv[1]);
  if (!client.ok()) return std::fprintf(stderr, "%s\n", client.status().ToString().c_str()), 1;
  const absl::Status status = (*client)->Run({}, [](const nines::Attempt& attempt) {
    absl::Status result = Connect(attempt.endpoint.address);
    std::printf("attempt %u: %s: %s\n", attempt.number, attempt.endpoint.address.c_str(),
                result.ok() ? "connected" : std::string(result.message()).c_str());
    return result;
  });
  return status.ok() ? 0 : 1;
}
