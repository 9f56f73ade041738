// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testbed/process.h"

namespace nines::testbed {

/// A real DNS server (dnsmasq) on a free port of 127.0.0.1, UDP and TCP, that knows just the names
/// it is given and answers NXDOMAIN for all others. Answers have a TTL of one second.
///
/// Thread-compatible. It ends with the object and leaves no file.
///
///   auto dns = DnsServer::Start();
///   (*dns)->SetAddresses("greeter.test", {"127.0.0.2", "::1"});
///   … resolve absl::StrCat("dns://127.0.0.1:", (*dns)->port(), "/greeter.test:50051") …
class DnsServer {
 public:
  /// Starts a server and waits until it answers. NotFound if dnsmasq is not installed.
  static absl::StatusOr<std::unique_ptr<DnsServer>> Start();

  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer();

  int port() const { return port_; }

  /// "127.0.0.1:<port>", the authority of a dns target.
  std::string address() const;

  /// Replaces the addresses of `name`, IPv4 and IPv6; none: the name does not exist. Returns when
  /// the server answers so.
  absl::Status SetAddresses(const std::string& name, const std::vector<std::string>& addresses);

  /// One SRV record.
  struct Service {
    std::string host;
    int port = 0;
    int priority = 0;
    int weight = 0;
  };

  /// Replaces the SRV records of `name`. Starts the server again unless it is stopped, because
  /// dnsmasq reads them only then. Returns when it answers so.
  absl::Status SetServices(const std::string& name, const std::vector<Service>& services);

  /// Makes each name of the chain but the last an alias of the one behind it, instead of those
  /// before. Starts the server again, as SetServices().
  absl::Status SetAliases(const std::vector<std::string>& chain);

  /// Ends the server; its port refuses queries afterwards. Idempotent.
  absl::Status Stop();

  /// Starts the server again after Stop(), on the same port with the same names, and waits until it
  /// answers.
  absl::Status Restart();

 private:
  DnsServer(int hosts_fd, int port) : hosts_fd_(hosts_fd), port_(port) {}

  absl::Status RestartUnlessStopped();
  absl::Status WriteHosts();
  absl::Status StartProcess();

  const int hosts_fd_;  // the hosts file, in memory: nothing to leave behind, however we end
  const int port_;
  std::map<std::string, std::vector<std::string>> names_;
  std::map<std::string, std::vector<Service>> services_;
  std::vector<std::string> aliases_;
  int version_ = 0;  // of the hosts file: asking the server for it shows which one it has read
  std::unique_ptr<ChildProcess> process_;  // null: stopped
};

}  // namespace nines::testbed
