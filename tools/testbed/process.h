// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines::testbed {

/// Another program, run as a child and never left behind: the destructor kills and reaps it, also
/// if it is stopped (SIGSTOP), and the kernel kills it if this process dies first.
///
/// The kernel ties that last promise to the thread that started the child: start children on a
/// thread that lives as long as they shall, usually the main one.
///
/// A child is in a process group of its own, so that Ctrl-C in a terminal reaches this process
/// alone, which then ends its children in its own order. Its signal mask and handlers are the
/// defaults.
///
/// Thread-compatible, and Signal() may be called while another thread waits or reads.
///
///   auto child = ChildProcess::Start({.args = {"/bin/cat"}, .stdin_to = Stream::kPipe});
class ChildProcess {
 public:
  /// Where one of the child's standard streams leads.
  enum class Stream {
    kInherit,  // where this process's own leads
    kNull,     // /dev/null
    kPipe,     // a pipe whose other end this object holds
  };
  struct Options {
    std::vector<std::string> args;  // args[0]: a path, or a name to look up in PATH
    Stream stdin_from = Stream::kNull;
    Stream stdout_to = Stream::kInherit;
    Stream stderr_to = Stream::kInherit;  // kPipe: into the same pipe as stdout
  };

  /// Starts the program. A program that cannot be executed is not an error here: the child exits
  /// with status 127 and says so on its stderr.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Options& options);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Sends a signal. FailedPrecondition once the child has ended.
  absl::Status Signal(int signal);

  /// Waits until the child has ended: its exit status, or 128 + the signal that killed it, as a
  /// shell says it. DeadlineExceeded if it still runs after `timeout`; zero only asks.
  absl::StatusOr<int> Wait(absl::Duration timeout);

  /// Writes to the child's stdin. REQUIRES: stdin_from is kPipe, and CloseStdin() was not called.
  absl::Status WriteStdin(absl::string_view text);

  /// The child reads end of file after what was written.
  void CloseStdin();

  /// The next line of the child's stdout, without its newline. DeadlineExceeded if none comes in
  /// time, OutOfRange at the end of the output. REQUIRES: stdout_to or stderr_to is kPipe.
  absl::StatusOr<std::string> ReadLine(absl::Duration timeout);

 private:
  ChildProcess(pid_t pid, int pid_fd) : pid_(pid), pid_fd_(pid_fd) {}

  const pid_t pid_;
  const int pid_fd_;  // readable once the child has ended; unlike pid_, never another process's
  int stdin_fd_ = -1;
  int stdout_fd_ = -1;
  std::string unread_;              // of stdout: after the last line that was returned
  std::optional<int> exit_status_;  // set once reaped
};

}  // namespace nines::testbed
