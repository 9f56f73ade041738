// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "testbed/process.h"

namespace nines::testbed {

/// One gRPC server in a process of its own (backend_main.cc), and the ways to hurt it. Each method
/// returns once its effect is there, so that a test need not wait.
///
/// Thread-compatible. The process ends with the object, and with the thread that started it (see
/// ChildProcess).
///
///   auto backend = Backend::Start({.name = "b1", .address = "127.0.0.2:50051"});
///   (*backend)->AnswerWith("UNAVAILABLE");
///   … (*backend)->AnswerOk();
class Backend {
 public:
  struct Options {
    std::string name = "backend";
    std::string address = "";                // host:port to listen on
    std::string tls_certificate = "";        // path of a PEM file; empty: no TLS
    std::string tls_key = "";                // path of a PEM file
    bool has_health_service = true;          // gRPC's standard one
    std::vector<std::string> launcher = {};  // words before its command line: FarHost::launcher()
  };

  /// Starts the process and waits until it listens. Unavailable if it cannot.
  static absl::StatusOr<std::unique_ptr<Backend>> Start(Options options);

  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const std::string& name() const { return options_.name; }
  const std::string& address() const { return options_.address; }

  /// SIGKILL: connections are reset and new ones refused. FailedPrecondition if it does not run.
  absl::Status Kill();

  /// Starts it anew, on the same address and answering well, and waits until it listens.
  absl::Status Restart();

  /// SIGSTOP: connections stay up and nothing answers.
  absl::Status Hang();

  /// SIGCONT: all that arrived meanwhile is answered now.
  absl::Status Resume();

  /// Answers well and at once again.
  absl::Status AnswerOk();

  /// Answers calls with this status, "UNAVAILABLE" for example: each, or so many of a hundred,
  /// drawn at random.
  absl::Status AnswerWith(const std::string& status_code, int percent = 100);

  /// The same with trailing metadata, which may be binary; "" for the code: it answers well.
  absl::Status AnswerWith(const std::string& status_code, const std::string& trailer,
                          const std::string& value);

  /// Answers calls this much later: each, or so many of a hundred, drawn at random.
  absl::Status AnswerAfter(absl::Duration delay, int percent = 100);

  /// What its health service says of it, and of nines.testbed.Echo. It answers calls either way.
  absl::Status SayServing();
  absl::Status SayNotServing();

  /// Calls that have arrived since it was last started, each attempt of a retried call counted.
  absl::StatusOr<uint64_t> CallsReceived();

  /// Those of them that it answered, or is about to answer, with another status than OK.
  absl::StatusOr<uint64_t> CallsFailed();

 private:
  explicit Backend(Options options) : options_(std::move(options)) {}

  struct Statistics {
    uint64_t calls = 0;
    uint64_t failed = 0;
  };

  absl::StatusOr<Statistics> ReadStatistics();

  /// Sends a command line; the line that acknowledges it.
  absl::StatusOr<std::string> Command(const std::string& line);
  absl::Status CommandDone(const std::string& line);

  const Options options_;
  std::unique_ptr<ChildProcess> process_;  // null: killed
};

}  // namespace nines::testbed
