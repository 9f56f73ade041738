// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "testbed/process.h"

namespace nines::testbed {

/// An HTTP server in a process of its own that answers everything with 200, on one port of all of
/// 127.0.0.0/8 (http_server_main.cc). Thread-compatible. It ends with the object, and with the
/// thread that started it (see ChildProcess).
class HttpServer {
 public:
  /// Starts it and waits until it listens.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }

 private:
  HttpServer(std::unique_ptr<ChildProcess> process, int port)
      : process_(std::move(process)), port_(port) {}

  const std::unique_ptr<ChildProcess> process_;
  const int port_;
};

}  // namespace nines::testbed
