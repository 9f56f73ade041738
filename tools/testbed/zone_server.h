// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testbed/process.h"

namespace nines::testbed {

/// A real authoritative DNS server (Knot) on a free port of 127.0.0.1, UDP and TCP, that serves the
/// zone "test." as it is written: whatever records, each with its TTL, and DNS's own truncation.
///
/// Thread-compatible. It ends with the object, and so does its folder of temporary files.
class ZoneServer {
 public:
  /// `records` are lines of a zone file with origin "test." and a TTL of 60 s for those without
  /// one: "greeter 30 IN A 127.0.0.1". Waits until it answers. NotFound if Knot is not installed.
  static absl::StatusOr<std::unique_ptr<ZoneServer>> Start(const std::string& records);

  ZoneServer(const ZoneServer&) = delete;
  ZoneServer& operator=(const ZoneServer&) = delete;
  ~ZoneServer();

  /// "127.0.0.1:<port>", the authority of a dns target.
  std::string address() const;

 private:
  ZoneServer(std::string folder, int port) : folder_(std::move(folder)), port_(port) {}

  absl::Status WriteFiles(const std::string& records) const;
  absl::Status StartProcess();

  const std::string folder_;
  const int port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace nines::testbed
