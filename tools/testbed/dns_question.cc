// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/dns_question.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nines::testbed {
namespace {

/// Far longer than it takes, for machines that are busy.
constexpr absl::Duration kAnswerTimeout = absl::Seconds(20);

/// A DNS query for the A records of `name` (RFC 1035, section 4.1).
std::string EncodeQuery(const std::string& name) {
  // Recursion desired, one question, no records; the id may be anything.
  constexpr std::array<char, 12> kHeader = {'n', 's', 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  constexpr std::array<char, 5> kEndOfNameTypeAndClass = {0, 0, 1, 0, 1};
  std::string query(kHeader.data(), kHeader.size());
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    query.push_back(static_cast<char>(label.size()));
    query.append(label.data(), label.size());
  }
  return query.append(kEndOfNameTypeAndClass.data(), kEndOfNameTypeAndClass.size());
}

/// Whether `reply` carries at least one answer.
bool HasAnswer(const std::array<char, 512>& reply, ssize_t size) {
  return size > 12 && (reply[3] & 0x0f) == 0 && (reply[6] != 0 || reply[7] != 0);
}

/// Asks once; false for "no such name" and for a server that does not answer within a moment.
bool AskOnce(int fd, const std::string& query) {
  pollfd request = {fd, POLLIN, 0};
  std::array<char, 512> reply;
  if (send(fd, query.data(), query.size(), 0) < 0) return false;
  if (poll(&request, 1, 100) <= 0) return false;
  return HasAnswer(reply, recv(fd, reply.data(), reply.size(), 0));
}

/// A UDP socket connected to the server, or -1.
int ConnectTo(int port) {
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(port));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof(server)) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

absl::Status WaitUntilAnswered(int port, const std::string& name, ChildProcess& server) {
  const int fd = ConnectTo(port);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot reach the DNS server");
  const std::string query = EncodeQuery(name);
  const absl::Time deadline = absl::Now() + kAnswerTimeout;
  absl::Status status = absl::DeadlineExceededError("the DNS server does not answer");
  while (absl::Now() < deadline) {
    if (AskOnce(fd, query)) {
      status = absl::OkStatus();
      break;
    }
    // Also the pause between two questions.
    const absl::StatusOr<int> ended = server.Wait(absl::Milliseconds(5));
    if (ended.ok()) {
      status = absl::UnavailableError(absl::StrCat("the DNS server ended with status ", *ended));
      break;
    }
  }
  close(fd);
  return status;
}

}  // namespace nines::testbed
