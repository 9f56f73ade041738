// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/zone_server.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "testbed/dns_question.h"
#include "testbed/free_port.h"

namespace nines::testbed {
namespace {

/// Debian's place of it, which is not in the PATH of ordinary users.
constexpr char kKnot[] = "/usr/sbin/knotd";

std::string Configuration(const std::string& folder, int port) {
  return absl::StrCat("server:\n  rundir: \"", folder, "\"\n  listen: 127.0.0.1@", port,
                      "\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n",
                      "database:\n  storage: \"", folder, "\"\n",
                      "zone:\n  - domain: test\n    storage: \"", folder,
                      "\"\n    file: test.zone\n");
}

/// What every zone has, and a name that shows that it is served.
constexpr char kApex[] =
    "$ORIGIN test.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 5\n@ NS ns\nns A 127.0.0.1\n";

absl::Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ZoneServer>> ZoneServer::Start(const std::string& records) {
  if (access(kKnot, X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(kKnot, " is missing; Debian's package knot has it"));
  }
  constexpr int kTries = 5;  // another process may take the port between the search and the start
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<int> port = FindFreePort();
    if (!port.ok()) return port.status();
    std::string folder = std::filesystem::temp_directory_path() / "nines-knot-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) return absl::ErrnoToStatus(errno, "mkdtemp");
    std::unique_ptr<ZoneServer> server(new ZoneServer(std::move(folder), *port));
    status = server->WriteFiles(records);
    if (status.ok()) status = server->StartProcess();
    if (status.ok()) return server;
  }
  return status;
}

ZoneServer::~ZoneServer() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ZoneServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

absl::Status ZoneServer::WriteFiles(const std::string& records) const {
  absl::Status status = Write(folder_ + "/test.zone", absl::StrCat(kApex, records));
  return status.ok() ? Write(folder_ + "/knot.conf", Configuration(folder_, port_)) : status;
}

absl::Status ZoneServer::StartProcess() {
  ChildProcess::Options options;
  options.args = {kKnot, "--config", folder_ + "/knot.conf"};
  options.stdout_to = ChildProcess::Stream::kNull;
  options.stderr_to = ChildProcess::Stream::kNull;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  return WaitUntilAnswered(port_, "ns.test", *process_);
}

}  // namespace nines::testbed
