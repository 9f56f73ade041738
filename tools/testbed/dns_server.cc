// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/dns_server.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "testbed/dns_question.h"
#include "testbed/free_port.h"

namespace nines::testbed {
namespace {

/// Debian's place of it, which is not in the PATH of ordinary users.
constexpr char kDnsmasq[] = "/usr/sbin/dnsmasq";

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
  return RestartUnlessStopped();
}

absl::Status DnsServer::SetAliases(const std::vector<std::string>& chain) {
  aliases_ = chain;
  return RestartUnlessStopped();
}

absl::Status DnsServer::RestartUnlessStopped() {
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
  for (size_t i = 0; i + 1 < aliases_.size(); ++i) {
    options.args.push_back(absl::StrCat("--cname=", aliases_[i], ",", aliases_[i + 1]));
  }
  options.stdout_to = ChildProcess::Stream::kNull;
  options.stderr_to = ChildProcess::Stream::kNull;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  return absl::OkStatus();
}

}  // namespace nines::testbed
