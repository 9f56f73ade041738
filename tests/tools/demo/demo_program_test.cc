// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The demo from outside: what it prints, how it ends, and that nothing of it is left.

#include <signal.h>
#include <sys/types.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testbed/process.h"

namespace nines::testbed {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::unique_ptr<ChildProcess> StartDemo() {
  absl::StatusOr<std::unique_ptr<ChildProcess>> demo =
      ChildProcess::Start({.args = {NINES_DEMO, "--fast"},
                           .stdout_to = ChildProcess::Stream::kPipe,
                           .stderr_to = ChildProcess::Stream::kPipe});
  EXPECT_TRUE(demo.ok()) << demo.status();
  return *std::move(demo);
}

/// Lines up to and with the first that contains `text`, or all to the end.
std::vector<std::string> ReadUntil(ChildProcess& demo, const std::string& text) {
  std::vector<std::string> lines;
  for (;;) {
    absl::StatusOr<std::string> line = demo.ReadLine(kPatience);
    if (!line.ok()) return lines;
    lines.push_back(*std::move(line));
    if (absl::StrContains(lines.back(), text)) return lines;
  }
}

/// The processes that this one's main thread started and that still run.
std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/task/", pid, "/children"));
  std::vector<pid_t> children;
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

std::vector<pid_t> StillRunning(const std::vector<pid_t>& processes) {
  std::vector<pid_t> running;
  for (pid_t process : processes) {
    if (kill(process, 0) == 0) running.push_back(process);
  }
  return running;
}

TEST(DemoProgramTest, EndsWithASummaryOfBothSides) {
  const std::unique_ptr<ChildProcess> demo = StartDemo();

  const std::vector<std::string> lines = ReadUntil(*demo, "no line contains this");

  EXPECT_THAT(lines, Contains(HasSubstr("now: 127.0.0.3 hangs")));
  EXPECT_THAT(lines, Contains(HasSubstr("nines:")));
  EXPECT_THAT(lines, Contains(HasSubstr("stock gRPC:")));
  const absl::StatusOr<int> exit_status = demo->Wait(kPatience);
  ASSERT_TRUE(exit_status.ok()) << exit_status.status();
  EXPECT_EQ(*exit_status, 0);
}

/// Each signal that a person or a system ends a program with.
class DemoSignalTest : public ::testing::TestWithParam<int> {};

TEST_P(DemoSignalTest, LeavesNothingRunning) {
  const std::unique_ptr<ChildProcess> demo = StartDemo();
  ReadUntil(*demo, "now: 127.0.0.3 hangs");  // so that one child is stopped
  const std::vector<pid_t> children = ChildrenOf(demo->pid());
  ASSERT_THAT(children, SizeIs(6));  // the backends and the DNS server

  ASSERT_TRUE(demo->Signal(GetParam()).ok());

  const absl::StatusOr<int> exit_status = demo->Wait(kPatience);
  ASSERT_TRUE(exit_status.ok()) << exit_status.status();
  EXPECT_EQ(*exit_status, 128 + GetParam());
  EXPECT_THAT(StillRunning(children), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Signals, DemoSignalTest, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace nines::testbed
