// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

extern char** environ;

namespace nines::testbed {
namespace {

using Stream = ChildProcess::Stream;

/// A descriptor that is closed with its owner.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.Release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~OwnedFd() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Pipe {
  OwnedFd read_end;
  OwnedFd write_end;
};

absl::StatusOr<Pipe> CreatePipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  return Pipe{OwnedFd(ends[0]), OwnedFd(ends[1])};
}

/// What posix_spawn needs besides the arguments; both structs need their destroy call.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void Connect(Stream stream, int pipe_end, int child_fd) {
    if (stream == Stream::kNull) {
      posix_spawn_file_actions_addopen(&actions_, child_fd, "/dev/null", O_RDWR, 0);
    } else if (stream == Stream::kPipe) {
      posix_spawn_file_actions_adddup2(&actions_, pipe_end, child_fd);
    }
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& args, const SpawnSettings& settings) {
  // posix_spawn itself cannot ask for the parent-death signal; setpriv (util-linux) does, and then
  // becomes the program. If we died before it asked, the child's parent is another by then, which
  // the shell sees.
  const std::string our_pid = absl::StrCat(getpid());
  std::vector<const char*> argv = {
      "setpriv",      "--pdeathsig", "KILL", "--", "sh", "-c", R"([ "$PPID" = "$0" ] && exec "$@")",
      our_pid.c_str()};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], settings.actions(), settings.attributes(),
                                 const_cast<char**>(argv.data()), environ);
  if (error != 0) return absl::ErrnoToStatus(error, "cannot run setpriv");
  return pid;
}

/// Waits until `fd` is readable (or at its end); false if `deadline` comes first.
absl::StatusOr<bool> WaitReadable(int fd, absl::Time deadline) {
  for (;;) {
    const absl::Duration left =
        std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
    pollfd request = {fd, POLLIN, 0};
    // Rounded up, so that the last wait does not spin.
    const int ready =
        poll(&request, 1,
             static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
    if (absl::Now() >= deadline) return false;
  }
}

int ShellStatus(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int WaitForEnd(pid_t pid) {
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return ShellStatus(wait_status);
}

/// While it exists, a write to a pipe that nobody reads any more fails, and raises no signal.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    const timespec no_time = {};
    while (sigtimedwait(&pipe_, nullptr, &no_time) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_ = {};
  sigset_t before_ = {};
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Options& options) {
  absl::StatusOr<Pipe> input = CreatePipe();
  if (!input.ok()) return input.status();
  absl::StatusOr<Pipe> output = CreatePipe();
  if (!output.ok()) return output.status();
  SpawnSettings settings;
  settings.Connect(options.stdin_from, input->read_end.get(), STDIN_FILENO);
  settings.Connect(options.stdout_to, output->write_end.get(), STDOUT_FILENO);
  settings.Connect(options.stderr_to, output->write_end.get(), STDERR_FILENO);
  const absl::StatusOr<pid_t> pid = Spawn(options.args, settings);
  if (!pid.ok()) return pid.status();

  // By number, not by <sys/pidfd.h>: that header came with glibc 2.36.
  const int pid_fd = static_cast<int>(syscall(SYS_pidfd_open, *pid, 0));
  if (pid_fd < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, "pidfd_open");
    kill(*pid, SIGKILL);
    WaitForEnd(*pid);
    return status;
  }
  std::unique_ptr<ChildProcess> child(new ChildProcess(*pid, pid_fd));
  if (options.stdin_from == Stream::kPipe) child->stdin_fd_ = input->write_end.Release();
  if (options.stdout_to == Stream::kPipe || options.stderr_to == Stream::kPipe) {
    child->stdout_fd_ = output->read_end.Release();
  }
  return child;
}

ChildProcess::~ChildProcess() {
  if (!exit_status_.has_value()) {
    kill(pid_, SIGKILL);  // ends a stopped process too
    WaitForEnd(pid_);
  }
  CloseStdin();
  if (stdout_fd_ >= 0) close(stdout_fd_);
  close(pid_fd_);
}

absl::Status ChildProcess::Signal(int signal) {
  // Through the pidfd: between the child's end and Wait(), and in another thread after it, the
  // number pid_ may be some other process's.
  if (syscall(SYS_pidfd_send_signal, pid_fd_, signal, nullptr, 0) == 0) return absl::OkStatus();
  if (errno == ESRCH) return absl::FailedPreconditionError(absl::StrCat(pid_, " has ended"));
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot signal ", pid_));
}

absl::StatusOr<int> ChildProcess::Wait(absl::Duration timeout) {
  if (exit_status_.has_value()) return *exit_status_;
  const absl::StatusOr<bool> ended = WaitReadable(pid_fd_, absl::Now() + timeout);
  if (!ended.ok()) return ended.status();
  if (!*ended) {
    return absl::DeadlineExceededError(
        absl::StrCat(pid_, " still runs after ", absl::FormatDuration(timeout)));
  }
  exit_status_ = WaitForEnd(pid_);
  return *exit_status_;
}

absl::Status ChildProcess::WriteStdin(absl::string_view text) {
  const NoPipeSignal no_signal;
  while (!text.empty()) {
    const ssize_t written = write(stdin_fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "cannot write to the child");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

void ChildProcess::CloseStdin() {
  if (stdin_fd_ >= 0) close(std::exchange(stdin_fd_, -1));
}

absl::StatusOr<std::string> ChildProcess::ReadLine(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    const size_t end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    const absl::StatusOr<bool> readable = WaitReadable(stdout_fd_, deadline);
    if (!readable.ok()) return readable.status();
    if (!*readable) return absl::DeadlineExceededError("the child wrote no line in time");
    std::array<char, 4096> chunk;
    const ssize_t size = read(stdout_fd_, chunk.data(), chunk.size());
    if (size < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "cannot read the child");
    if (size == 0) return absl::OutOfRangeError("the child's output ended");
    if (size > 0) unread_.append(chunk.data(), static_cast<size_t>(size));
  }
}

}  // namespace nines::testbed
