// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A program with an event loop of its own, here poll(2): nines chooses the endpoint of each attempt
// by Pick(), which never waits, and learns from the lease how it ended.
//   own_event_loop static:///127.0.0.1:80,127.0.0.2:80 8
// Makes 8 requests at once; exit status 0 if all were answered.

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nines/client.h"

namespace {

constexpr char kQuestion[] = "GET / HTTP/1.0\r\n\r\n";
constexpr uint32_t kMaxAttempts = 3;
constexpr int kTimeoutMilliseconds = 5000;

struct Request {
  nines::CallMemory memory;  // makes each attempt go elsewhere
  std::optional<nines::Lease> lease;
  absl::Time start;
  int fd = -1;
  bool is_sent = false;
  bool is_answered = false;
};

int Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(),
                                nullptr, &found);
  if (error != 0) return -1;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  connect(fd, found->ai_addr, found->ai_addrlen);  // poll() says how it ended
  freeaddrinfo(found);
  return fd;
}

// Makes the request's next attempt, if there may be one.
void Begin(nines::Client& client, Request& request) {
  request.is_sent = false;
  if (request.memory.attempts() == kMaxAttempts) return;
  nines::PickResult result = client.Pick({}, request.memory);
  auto* picked = std::get_if<nines::Picked>(&result);
  if (picked == nullptr) return;
  request.fd = Connect(picked->lease.endpoint().address);
  request.start = nines::ProcessClock().Now();
  request.lease.emplace(std::move(picked->lease));
}

void End(nines::Client& client, Request& request, const absl::Status& status) {
  close(request.fd);
  request.fd = -1;
  request.lease->Report(nines::MakeOutcome(status, nines::ProcessClock().Now() - request.start),
                        request.memory);
  request.lease.reset();
  request.is_answered = status.ok();
  if (!status.ok() && !request.memory.is_query_of_death()) Begin(client, request);
}

// The socket of `request` is ready.
void Continue(nines::Client& client, Request& request) {
  if (!request.is_sent) {
    const ssize_t sent = send(request.fd, kQuestion, std::strlen(kQuestion), MSG_NOSIGNAL);
    if (sent < 0) return End(client, request, absl::UnavailableError(std::strerror(errno)));
    request.is_sent = true;
    return;
  }
  char answer[1024];
  const ssize_t size = recv(request.fd, answer, sizeof(answer), 0);
  if (size < 0 && errno == EAGAIN) return;
  End(client, request, size > 0 ? absl::OkStatus() : absl::UnavailableError("closed, no answer"));
}

// Returns when no request is under way any more, or nothing has happened for too long.
void RunLoop(nines::Client& client, std::vector<Request>& requests) {
  while (true) {
    std::vector<pollfd> fds;
    std::vector<Request*> waiting;
    for (Request& request : requests) {
      if (request.fd < 0) continue;
      fds.push_back({request.fd, static_cast<short>(request.is_sent ? POLLIN : POLLOUT), 0});
      waiting.push_back(&request);
    }
    if (fds.empty() || poll(fds.data(), fds.size(), kTimeoutMilliseconds) <= 0) return;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) Continue(client, *waiting[i]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: own_event_loop TARGET REQUESTS\n"), 2;
  const auto client = nines::Client::Create(argv[1]);
  if (!client.ok()) return std::fprintf(stderr, "%s\n", client.status().ToString().c_str()), 1;
  if (!(*client)->WaitUntilReady(absl::Seconds(5)).ok()) return 1;
  std::vector<Request> requests(std::strtoul(argv[2], nullptr, 10));
  for (Request& request : requests) Begin(**client, request);
  RunLoop(**client, requests);
  size_t answered = 0;
  for (const Request& request : requests) answered += request.is_answered ? 1 : 0;
  std::printf("%zu of %zu requests answered\n", answered, requests.size());
  return answered == requests.size() ? 0 : 1;
}
