// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nines::testbed {
namespace {

using Stream = ChildProcess::Stream;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::unique_ptr<ChildProcess> Start(const ChildProcess::Options& options) {
  absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(options);
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

// Echoes what it reads; ends at the end of its input.
std::unique_ptr<ChildProcess> StartCat() {
  return Start({{"cat"}, Stream::kPipe, Stream::kPipe, Stream::kInherit});
}

TEST(ChildProcessTest, TellsTheExitStatus) {
  const auto child = Start({{"sh", "-c", "exit 7"}});

  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 7);
  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 7);
}

TEST(ChildProcessTest, TellsTheSignalAsAShellDoes) {
  const auto child = StartCat();

  ASSERT_EQ(child->Signal(SIGTERM), absl::OkStatus());

  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 128 + SIGTERM);
}

TEST(ChildProcessTest, AProgramThatIsMissingExitsWith127) {
  const auto child = Start({{"/nonexistent/program"}, Stream::kNull, Stream::kNull, Stream::kNull});

  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 127);
}

TEST(ChildProcessTest, WaitGivesUp) {
  const auto child = StartCat();

  EXPECT_EQ(child->Wait(absl::ZeroDuration()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ChildProcessTest, PipesLines) {
  const auto child = StartCat();

  ASSERT_EQ(child->WriteStdin("one\ntwo\nthr"), absl::OkStatus());

  EXPECT_EQ(child->ReadLine(kPatience).value_or(""), "one");
  EXPECT_EQ(child->ReadLine(kPatience).value_or(""), "two");
  EXPECT_EQ(child->ReadLine(absl::ZeroDuration()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_EQ(child->WriteStdin("ee\n"), absl::OkStatus());
  EXPECT_EQ(child->ReadLine(kPatience).value_or(""), "three");
  child->CloseStdin();
  EXPECT_EQ(child->ReadLine(kPatience).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 0);
}

TEST(ChildProcessTest, PipesStderrIntoStdout) {
  const auto child =
      Start({{"sh", "-c", "echo wrong >&2"}, Stream::kNull, Stream::kNull, Stream::kPipe});

  EXPECT_EQ(child->ReadLine(kPatience).value_or(""), "wrong");
}

TEST(ChildProcessTest, CannotBeSignalledAfterItsEnd) {
  const auto child = Start({{"true"}});
  ASSERT_EQ(child->Wait(kPatience).value_or(-1), 0);

  EXPECT_EQ(child->Signal(SIGTERM).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ChildProcessTest, CannotBeWrittenToAfterItsEnd) {
  const auto child = Start({{"true"}, Stream::kPipe});
  ASSERT_EQ(child->Wait(kPatience).value_or(-1), 0);

  EXPECT_FALSE(child->WriteStdin("x").ok());  // and no SIGPIPE
}

TEST(ChildProcessTest, HasDefaultSignalsAndAGroupOfItsOwn) {
  signal(SIGUSR1, SIG_IGN);
  const auto child = StartCat();
  signal(SIGUSR1, SIG_DFL);

  EXPECT_EQ(getpgid(child->pid()), child->pid());
  ASSERT_EQ(child->Signal(SIGUSR1), absl::OkStatus());
  EXPECT_EQ(child->Wait(kPatience).value_or(-1), 128 + SIGUSR1);
}

TEST(ChildProcessTest, IsGoneWithItsObjectEvenIfStopped) {
  auto child = StartCat();
  const pid_t pid = child->pid();
  ASSERT_EQ(child->Signal(SIGSTOP), absl::OkStatus());

  child.reset();

  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

// What a parent does that starts a child, tells its pid, and ends without a chance to clean up.
[[noreturn]] void BeParent(int tell_fd, int wait_fd) {
  const auto child = Start({{"tail", "-f", "/dev/null"}});
  const pid_t pid = child->pid();
  char byte;
  const bool is_told = write(tell_fd, &pid, sizeof(pid)) == sizeof(pid);
  _exit(is_told && read(wait_fd, &byte, 1) == 1 ? 0 : 1);
}

TEST(ChildProcessTest, DiesWithItsParent) {
  std::array<int, 2> told;
  std::array<int, 2> go;
  ASSERT_EQ(pipe2(told.data(), O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(go.data(), O_CLOEXEC), 0);
  const pid_t parent = fork();
  if (parent == 0) BeParent(told[1], go[0]);
  pid_t child = -1;
  ASSERT_EQ(read(told[0], &child, sizeof(child)), static_cast<ssize_t>(sizeof(child)));
  const int child_fd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  ASSERT_GE(child_fd, 0);

  ASSERT_EQ(write(go[1], "x", 1), 1);

  pollfd ended = {child_fd, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))), 1);
  waitpid(parent, nullptr, 0);
  for (const int fd : {told[0], told[1], go[0], go[1], child_fd}) close(fd);
}

}  // namespace
}  // namespace nines::testbed
