// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "testbed/free_port.h"

namespace nines::testbed {
namespace {

/// Debian's place of it, which is not in the PATH of ordinary users.
constexpr char kDnsmasq[] = "/usr/sbin/dnsmasq";

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

/// Asks until the server knows `name`, it ends, or the time is over.
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
      status = absl::UnavailableError(absl::StrCat("dnsmasq ended with status ", *ended));
      break;
    }
  }
  close(fd);
  return status;
}

std::string VersionName(int version) { return absl::StrCat("version-", version, ".testbed"); }

}  // namespace

absl::StatusOr<std::unique_ptr<DnsServer>> DnsServer::Start() {
  if (access(kDnsmasq, X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(kDnsmasq, " is missing; Debian's package dnsmasq-base has it"));
  }
  constexpr int kTries = 5;  // another process may take the port between the search and the start
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<int> port = FindFreePort();
    if (!port.ok()) return port.status();
    const int hosts_fd = memfd_create("nines-dns-hosts", MFD_CLOEXEC);
    if (hosts_fd < 0) return absl::ErrnoToStatus(errno, "memfd_create");
    std::unique_ptr<DnsServer> server(new DnsServer(hosts_fd, *port));
    status = server->Restart();
    if (status.ok()) return server;
  }
  return status;
}

DnsServer::~DnsServer() {
  process_.reset();
  close(hosts_fd_);
}

std::string DnsServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

absl::Status DnsServer::SetAddresses(const std::string& name,
                                     const std::vector<std::string>& addresses) {
  names_[name] = addresses;
  if (absl::Status status = WriteHosts(); !status.ok()) return status;
  if (process_ == nullptr) return absl::OkStatus();
  // dnsmasq reads the file anew on SIGHUP.
  if (absl::Status status = process_->Signal(SIGHUP); !status.ok()) return status;
  return WaitUntilAnswered(port_, VersionName(version_), *process_);
}

absl::Status DnsServer::SetServices(const std::string& name, const std::vector<Service>& services) {
  services_[name] = services;
  if (process_ == nullptr) return absl::OkStatus();
  if (absl::Status status = Stop(); !status.ok()) return status;
  return Restart();
}

absl::Status DnsServer::Stop() {
  process_.reset();
  return absl::OkStatus();
}

absl::Status DnsServer::Restart() {
  if (absl::Status status = WriteHosts(); !status.ok()) return status;
  if (absl::Status status = StartProcess(); !status.ok()) return status;
  return WaitUntilAnswered(port_, VersionName(version_), *process_);
}

absl::Status DnsServer::WriteHosts() {
  std::string text = absl::StrCat("127.0.0.1 ", VersionName(++version_), "\n");
  for (const auto& [name, addresses] : names_) {
    for (const std::string& address : addresses) absl::StrAppend(&text, address, " ", name, "\n");
  }
  // In place: the server reads it only when told to, and we wait until it has.
  if (ftruncate(hosts_fd_, 0) == 0 &&
      pwrite(hosts_fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, "cannot write the hosts file");
}

absl::Status DnsServer::StartProcess() {
  ChildProcess::Options options;
  // --no-daemon also keeps the user, which keeps the parent-death signal: the kernel drops that
  // when a process changes its user. --local=/#/ answers NXDOMAIN instead of REFUSED.
  options.args = {kDnsmasq,
                  "--no-daemon",
                  "--conf-file=/dev/null",
                  "--no-resolv",
                  "--no-hosts",
                  "--local=/#/",
                  "--local-ttl=1",
                  "--listen-address=127.0.0.1",
                  "--bind-interfaces",
                  "--log-facility=/dev/null",
                  absl::StrCat("--addn-hosts=/proc/", getpid(), "/fd/", hosts_fd_),
                  absl::StrCat("--port=", port_)};
  for (const auto& [name, services] : services_) {
    for (const Service& service : services) {
      options.args.push_back(absl::StrCat("--srv-host=", name, ",", service.host, ",", service.port,
                                          ",", service.priority, ",", service.weight));
    }
  }
  options.stdout_to = ChildProcess::Stream::kNull;
  options.stderr_to = ChildProcess::Stream::kNull;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  return absl::OkStatus();
}

}  // namespace nines::testbed
