// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "path_watch.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/uv_event_loop.h"
#include "support/gate.h"
#include "support/temporary_folder.h"

namespace nines {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<std::string> StepsOf(const std::string& path) {
  std::vector<std::string> steps;
  for (const PathStep& step : ChangeableSteps(path)) {
    steps.push_back(absl::StrCat(step.directory, " ", step.name));
  }
  return steps;
}

class ChangeableStepsTest : public ::testing::Test {
 protected:
  std::string In(const std::string& step) const { return absl::StrCat(root_, step); }

  const TemporaryFolder folder_;
  // Without the links that the way to the folder itself may have.
  const std::string root_ = fs::canonical(folder_.path());
};

TEST_F(ChangeableStepsTest, OfAPlainFileAreItsEntry) {
  folder_.Write("file", "");

  EXPECT_THAT(StepsOf(root_ + "/file"), ElementsAre(In(" file")));
}

TEST_F(ChangeableStepsTest, OfAConfigMapAreItsThreeEntries) {
  fs::create_directory(root_ + "/..1");
  folder_.Write("..1/file", "");
  fs::create_symlink("..1", root_ + "/..data");
  fs::create_symlink("..data/file", root_ + "/file");

  EXPECT_THAT(StepsOf(root_ + "/file"), ElementsAre(In(" file"), In(" ..data"), In("/..1 file")));
}

TEST_F(ChangeableStepsTest, EndWithTheEntryThatIsMissing) {
  EXPECT_THAT(StepsOf(root_ + "/a/b/file"), ElementsAre(In(" a")));
}

TEST_F(ChangeableStepsTest, FollowAbsoluteLinksAndDots) {
  fs::create_directories(root_ + "/a/b");
  folder_.Write("a/file", "");
  fs::create_symlink(root_ + "/a/b", root_ + "/link");

  EXPECT_THAT(StepsOf(root_ + "/./link/../file"), ElementsAre(In("/. link"), In("/a/b/.. file")));
}

TEST_F(ChangeableStepsTest, ALoopOfLinksEnds) {
  fs::create_symlink("b", root_ + "/a");
  fs::create_symlink("a", root_ + "/b");

  EXPECT_THAT(StepsOf(root_ + "/a"), SizeIs(41));
}

class WatchPathTest : public ::testing::Test {
 protected:
  WatchPathTest() : loop_(*CreateUvEventLoop()) {}
  ~WatchPathTest() override {
    RunOnLoopAndWait(*loop_, [&] { watch_.reset(); });
  }

  void Watch(const std::string& path) {
    RunOnLoopAndWait(*loop_, [&] { watch_ = WatchPath(*loop_, path, [&] { changed_.Open(); }); });
    ASSERT_NE(watch_, nullptr);
  }

  TemporaryFolder folder_;
  Gate changed_;
  std::shared_ptr<EventLoop> loop_;
  std::unique_ptr<EventLoop::Handle> watch_;
};

TEST_F(WatchPathTest, SeesWritingInPlace) {
  folder_.Write("file", "old");
  Watch(folder_ / "file");

  folder_.Write("file", "new");

  EXPECT_TRUE(changed_.Wait());
}

TEST_F(WatchPathTest, SeesRenamingOver) {
  folder_.Write("file", "old");
  folder_.Write("other", "new");
  Watch(folder_ / "file");

  fs::rename(folder_ / "other", folder_ / "file");

  EXPECT_TRUE(changed_.Wait());
}

TEST_F(WatchPathTest, SeesALinkReplacedThatIsADirectoryOfThePath) {
  fs::create_directories(folder_ / "1");
  fs::create_directories(folder_ / "2");
  fs::create_symlink("1", folder_ / "current");
  Watch(folder_ / "current/file");

  fs::create_symlink("2", folder_ / "next");
  fs::rename(folder_ / "next", folder_ / "current");

  EXPECT_TRUE(changed_.Wait());
}

TEST_F(WatchPathTest, SeesAFileThatComes) {
  Watch(folder_ / "file");

  folder_.Write("file", "new");

  EXPECT_TRUE(changed_.Wait());
}

TEST_F(WatchPathTest, SeesADirectoryThatGoes) {
  fs::create_directories(folder_ / "a");
  folder_.Write("a/file", "");
  Watch(folder_ / "a/file");

  fs::rename(folder_ / "a", folder_ / "b");

  EXPECT_TRUE(changed_.Wait());
}

TEST_F(WatchPathTest, IsNotWokenByTheNeighbours) {
  folder_.Write("file", "old");
  Watch(folder_ / "file");

  folder_.Write("file.swp", "");
  folder_.Write("fil", "");
  // Twice round the loop: in the first, it has seen to every descriptor that was ready.
  RunOnLoopAndWait(*loop_, [] {});
  RunOnLoopAndWait(*loop_, [] {});

  EXPECT_FALSE(changed_.is_open());
}

}  // namespace
}  // namespace nines
