// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "support/gate.h"

namespace nines {

/// A server on loopback that answers each connection with the same bytes, whatever they mean: for
/// answers that no real server gives. One connection at a time, on a thread of its own.
///
/// Thread-safe.
class ScriptedServer {
 public:
  struct Script {
    /// What follows the answer.
    enum class End {
      kClose,
      kHang,    // nothing, for ever
      kRepeat,  // `repeated`, for ever
      kNext,    // the next request, `answers` of which are answered
      kDeaf,    // nothing, for ever; others are served meanwhile, until `answers` were given
    };
    std::string answer = "";
    End end = End::kClose;
    std::string repeated = "";
    int answers = 1'000'000;
  };

  /// On a free port of 127.0.0.1, or on ::1, or on `path` as a unix socket.
  explicit ScriptedServer(Script script, absl::string_view host = "127.0.0.1");
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  /// Whether it listens: a machine may have no IPv6.
  bool is_listening() const { return is_listening_; }

  /// As in Endpoint.
  const std::string& address() const { return address_; }

  /// The header of the last request, with its empty line.
  std::string request() const;

  /// Connections that it has accepted.
  int connections() const;

  /// Requests that it has read, answered or not.
  int requests() const;

  /// Waits until the other side has closed the first connection; whether that was no reset.
  [[nodiscard]] bool WaitForCleanClose();

 private:
  void Listen(absl::string_view host);
  void Serve();
  /// Whether the other side ended the connection without resetting it.
  bool Answer(int connection);
  void SetConnection(int connection);
  /// False at the end of the connection.
  bool AnswerOne(int connection);

  const Script script_;
  std::string address_;
  std::string path_;  // of a unix socket
  int listener_ = -1;
  bool is_listening_ = false;

  mutable std::mutex mu_;  // guards what follows
  std::string request_;
  int connections_ = 0;
  int requests_ = 0;
  int connection_ = -1;  // the one being served
  bool is_stopping_ = false;
  bool was_clean_ = false;  // the end of the first connection

  std::vector<int> deaf_;  // connections; of the thread, and then of the end
  Gate first_end_;

  std::thread thread_;
};

}  // namespace nines
