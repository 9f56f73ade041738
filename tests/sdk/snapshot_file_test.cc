// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The file store against real parts: killed writers, full disks, two processes in one place.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/base/config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nines/snapshot.h"
#include "snapshot/atomic_file.h"
#include "support/fakes.h"
#include "support/snapshots.h"
#include "support/temporary_folder.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// One that says `number`, and is long enough that a write of it takes a while.
Snapshot NumberedSnapshot(uint32_t number, int endpoints = 200) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.endpoints = EndpointsNumbered(endpoints);
  snapshot.learned.endpoints.clear();
  for (Endpoint& endpoint : snapshot.endpoints) endpoint.weight = number;
  return snapshot;
}

// What it says; 0 if the file cannot be read, or does not say the same everywhere.
uint32_t NumberIn(const std::string& path) {
  const absl::StatusOr<Snapshot> snapshot = ReadSnapshotFile(path);
  if (!snapshot.ok()) return 0;
  const uint32_t number = snapshot->endpoints.front().weight;
  const bool is_one = std::all_of(snapshot->endpoints.begin(), snapshot->endpoints.end(),
                                  [&](const Endpoint& e) { return e.weight == number; });
  return is_one ? number : 0;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

// Runs `body` in a process of its own, whose status is what it returns; -1 if a signal ended it.
int RunInChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class SnapshotFileTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "state";
  const std::string secondary_ = folder_ / "state.2";
};

TEST_F(SnapshotFileTest, ReadsBackWhatItWrote) {
  ASSERT_TRUE(WriteSnapshotFile(path_, CompleteSnapshot()).ok());

  EXPECT_EQ(*ReadSnapshotFile(path_), CompleteSnapshot());
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("state"));
}

TEST_F(SnapshotFileTest, IsOnlyItsOwnersToRead) {
  const mode_t before = umask(0);
  ASSERT_TRUE(WriteSnapshotFile(path_, CompleteSnapshot()).ok());
  umask(before);

  struct stat facts = {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
}

TEST_F(SnapshotFileTest, DoesNotReplaceAFileByOneThatNobodyCouldRead) {
  ASSERT_TRUE(WriteSnapshotFile(path_, CompleteSnapshot()).ok());
  Snapshot large = CompleteSnapshot();
  large.endpoints[0].attributes["much"] = std::string(kMaxSnapshotBytes, 'x');

  const absl::Status status = WriteSnapshotFile(path_, large);

  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(MessageOf(status), AllOf(StartsWith(path_), HasSubstr("allowed: at most 33554432")));
  EXPECT_EQ(*ReadSnapshotFile(path_), CompleteSnapshot());
}

TEST_F(SnapshotFileTest, SaysThatThereIsNone) {
  const absl::Status status = ReadSnapshotFile(path_).status();

  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(MessageOf(status), StartsWith(path_));
}

TEST_F(SnapshotFileTest, SaysWhichFileIsDamaged) {
  folder_.Write("state", "nines-snapshot 1 5 0000000000000000\nhello");

  const absl::Status status = ReadSnapshotFile(path_).status();

  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(MessageOf(status), AllOf(StartsWith(path_), HasSubstr("checksum mismatch")));
}

TEST_F(SnapshotFileTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);

  EXPECT_THAT(MessageOf(ReadSnapshotFile(path_).status()), HasSubstr("not a regular file"));
}

TEST_F(SnapshotFileTest, DoesNotReadAFileWithoutEnd) {
  ASSERT_EQ(open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0, true);
  ASSERT_EQ(truncate(path_.c_str(), int64_t{1} << 40), 0);  // a hole: takes no room

  EXPECT_TRUE(absl::IsDataLoss(ReadSnapshotFile(path_).status()));
}

TEST_F(SnapshotFileTest, RefusesAPathThatDependsOnTheWorkingFolder) {
  EXPECT_TRUE(absl::IsInvalidArgument(WriteSnapshotFile("state", CompleteSnapshot())));
}

TEST_F(SnapshotFileTest, SaysWhyItCannotWrite) {
  const absl::Status no_folder = WriteSnapshotFile(folder_ / "none/state", CompleteSnapshot());
  std::filesystem::create_directory(path_);
  const absl::Status is_folder = WriteSnapshotFile(path_, CompleteSnapshot());

  EXPECT_TRUE(absl::IsNotFound(no_folder));
  EXPECT_THAT(MessageOf(no_folder), HasSubstr("cannot open its folder: No such file or directory"));
  EXPECT_FALSE(is_folder.ok());
  EXPECT_THAT(MessageOf(is_folder), HasSubstr("cannot put the new file in its place"));
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("state"));
}

TEST_F(SnapshotFileTest, KeepsTheOldContentIfTheDiskDoesNotSync) {
  ASSERT_TRUE(WriteFileAtomically(path_, "old").ok());

  const absl::Status status = WriteFileAtomically(path_, "new", [](int /*fd*/) {
    errno = EIO;
    return -1;
  });

  EXPECT_THAT(MessageOf(status), HasSubstr("cannot sync: Input/output error"));
  EXPECT_EQ(*ReadWholeFile(path_, 10), "old");
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("state"));
}

TEST_F(SnapshotFileTest, SyncsTheFileBeforeItsNameAndTheFolderAfter) {
  ASSERT_TRUE(WriteFileAtomically(path_, "old").ok());
  std::vector<std::string> seen;

  ASSERT_TRUE(WriteFileAtomically(path_, "new", [&](int fd) {
                struct stat facts = {};
                fstat(fd, &facts);
                seen.push_back(absl::StrCat(S_ISDIR(facts.st_mode) ? "folder" : "file", " while ",
                                            *ReadWholeFile(path_, 10)));
                return 0;
              }).ok());

  EXPECT_THAT(seen, ElementsAre("file while old", "folder while new"));
}

TEST_F(SnapshotFileTest, TellsThatTheFolderDoesNotSync) {
  const absl::Status status = WriteFileAtomically(path_, "new", [](int fd) {
    struct stat facts = {};
    fstat(fd, &facts);
    errno = EIO;
    return S_ISDIR(facts.st_mode) ? -1 : 0;
  });

  EXPECT_THAT(MessageOf(status), HasSubstr("cannot sync its folder"));
}

TEST_F(SnapshotFileTest, IsWrittenWhereFoldersDoNotSync) {
  const absl::Status status = WriteFileAtomically(path_, "new", [](int fd) {
    struct stat facts = {};
    fstat(fd, &facts);
    errno = EINVAL;
    return S_ISDIR(facts.st_mode) ? -1 : 0;
  });

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(*ReadWholeFile(path_, 10), "new");
}

TEST_F(SnapshotFileTest, RemovesWhatKilledWritersLeft) {
  folder_.Write(".state.new-dead", "half of");
  folder_.Write(".state.2.new-dead", "another file's");

  ASSERT_TRUE(WriteSnapshotFile(path_, CompleteSnapshot()).ok());

  EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("state", ".state.2.new-dead"));
}

TEST_F(SnapshotFileTest, LeavesWhatALivingWriterHasNotFinished) {
  std::vector<std::string> names;

  ASSERT_TRUE(WriteFileAtomically(path_, "slow", [&](int fd) {
                if (names.empty()) {
                  names.push_back("once");
                  EXPECT_TRUE(WriteFileAtomically(path_, "quick").ok());
                }
                return fsync(fd);
              }).ok());

  EXPECT_EQ(*ReadWholeFile(path_, 10), "slow");
}

TEST_F(SnapshotFileTest, BeginsAnewIfItsFileIsTakenForAbandoned) {
  int syncs = 0;

  ASSERT_TRUE(WriteFileAtomically(path_, "new", [&](int /*fd*/) {
                if (++syncs > 1) return 0;
                for (const std::string& name : NamesIn(folder_.path())) {
                  std::filesystem::remove(folder_ / name);
                }
                return 0;
              }).ok());

  EXPECT_EQ(*ReadWholeFile(path_, 10), "new");
}

TEST_F(SnapshotFileTest, KeepsTheOldContentBeyondTheLimitOfFileSizes) {
  ASSERT_TRUE(WriteSnapshotFile(path_, NumberedSnapshot(1)).ok());

  const int status = RunInChild([&] {
    const rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    const absl::Status written = WriteSnapshotFile(path_, NumberedSnapshot(2, 2000));
    return absl::StrContains(written.message(), "cannot write: File too large") ? 0 : 1;
  });

  EXPECT_EQ(status, 0);  // -1: the kernel's signal ended the process
  EXPECT_EQ(NumberIn(path_), 1u);
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("state"));
}

// Where this process may mount: in a namespace of its own, as root, or as the root of a namespace
// of users (user_namespaces(7)), which no process with a second thread may enter.
bool EnterOwnMounts() {
  if (unshare(CLONE_NEWNS) == 0) return true;
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  return true;
}

// A file system of 64 KiB.
bool MountSmallDisk(const std::string& folder) {
  return EnterOwnMounts() && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("none", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
}

TEST_F(SnapshotFileTest, KeepsTheOldContentIfTheDiskIsFull) {
  const int status = RunInChild([&] {
    if (!MountSmallDisk(folder_.path())) return 1;
    if (!WriteSnapshotFile(path_, NumberedSnapshot(1)).ok()) return 2;
    const absl::Status full = WriteSnapshotFile(path_, NumberedSnapshot(2, 5000));
    if (!absl::StrContains(full.message(), "No space left on device")) return 3;
    if (NumberIn(path_) != 1 || NamesIn(folder_.path()).size() != 1) return 4;
    if (!WriteSnapshotFile(path_, NumberedSnapshot(3)).ok()) return 5;
    return NumberIn(path_) == 3 ? 0 : 6;
  });

  EXPECT_EQ(status, 0);  // 1: this machine allows no mount
}

// Busy, because what is waited for is only that a random part of a write has passed.
void PassTime(std::chrono::nanoseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) continue;
}

TEST_F(SnapshotFileTest, HasAValidCopyWheneverItsWriterIsKilled) {
  ASSERT_TRUE(WriteSnapshotFile(path_, NumberedSnapshot(1)).ok());
  ASSERT_TRUE(WriteSnapshotFile(secondary_, NumberedSnapshot(1)).ok());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(WriteSnapshotFile(path_, NumberedSnapshot(1)).ok());
  const std::chrono::nanoseconds write_time = (std::chrono::steady_clock::now() - begin) / 20;
  FixedRandom random;
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
  // On a busy machine each takes a tenth of a second, most of it for the fork.
  constexpr uint32_t kKills = 300;
#else
  constexpr uint32_t kKills = 1000;
#endif
  int lost = 0;

  for (uint32_t number = 2; number < kKills + 2; ++number) {
    int pipe_fds[2];
    ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
      (void)!write(pipe_fds[1], "b", 1);
      const bool is_written = WriteSnapshotFile(path_, NumberedSnapshot(number)).ok() &&
                              WriteSnapshotFile(secondary_, NumberedSnapshot(number)).ok();
      _exit(is_written ? 0 : 1);
    }
    char begun = 0;
    ASSERT_EQ(read(pipe_fds[0], &begun, 1), 1);
    PassTime(write_time * static_cast<int>(random.Next() % 2000) / 1000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    const uint32_t primary = NumberIn(path_);
    const uint32_t secondary = NumberIn(secondary_);
    if (primary == 0 || secondary == 0 || primary < secondary || primary > number) ++lost;
  }

  EXPECT_EQ(lost, 0) << "of " << kKills;
  ASSERT_TRUE(WriteSnapshotFile(path_, NumberedSnapshot(1)).ok());
  ASSERT_TRUE(WriteSnapshotFile(secondary_, NumberedSnapshot(1)).ok());
  EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("state", "state.2"));
}

TEST_F(SnapshotFileTest, IsWholeWhileProcessesWriteToOnePlace) {
  constexpr uint32_t kWrites = 150;
  ASSERT_TRUE(WriteSnapshotFile(path_, NumberedSnapshot(1)).ok());
  std::vector<pid_t> children;
  for (uint32_t writer = 1; writer <= 2; ++writer) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    int failed = 0;
    for (uint32_t i = 0; i < kWrites; ++i) {
      if (!WriteSnapshotFile(path_, NumberedSnapshot(writer)).ok()) failed = 1;
    }
    _exit(failed);
  }
  int damaged = 0;
  int reads = 0;

  size_t ended = 0;
  int failed = 0;
  while (ended < children.size()) {
    if (NumberIn(path_) == 0) ++damaged;
    ++reads;
    int status = 0;
    if (waitpid(children[ended], &status, WNOHANG) > 0) {
      ++ended;
      failed += status != 0 ? 1 : 0;
    }
  }

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(damaged, 0) << "of " << reads << " reads";
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("state"));
}

TEST(SnapshotOptionsTest, AreOffByDefault) {
  EXPECT_TRUE(CheckSnapshotOptions({}).ok());
  EXPECT_TRUE(CheckSnapshotOptions({.primary_path = "/a", .secondary_path = "/b"}).ok());
}

TEST(SnapshotOptionsTest, NameEveryProblem) {
  const absl::Status status = CheckSnapshotOptions({.primary_path = "relative",
                                                    .secondary_path = "/folder/",
                                                    .interval = absl::Milliseconds(999),
                                                    .max_age = absl::ZeroDuration()});

  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(),
            "snapshot: primary_path: \"relative\" is not an absolute path; "
            "secondary_path: \"/folder/\" names a folder; allowed: a file; "
            "interval: 999ms is too short; allowed: at least 1s; "
            "max_age: 0; allowed: more than 0s");
}

TEST(SnapshotOptionsTest, RefuseTwoCopiesInOnePlace) {
  EXPECT_THAT(MessageOf(CheckSnapshotOptions({.primary_path = "/a", .secondary_path = "/a"})),
              HasSubstr("secondary_path: is primary_path"));
  EXPECT_THAT(MessageOf(CheckSnapshotOptions({.secondary_path = "/a"})),
              HasSubstr("primary_path: is empty"));
}

}  // namespace
}  // namespace nines
