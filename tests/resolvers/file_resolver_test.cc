// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "file_resolver.h"

#include <sys/fsuid.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nines/endpoint_file.h"
#include "nines/file_resolver.h"
#include "nines/uv_event_loop.h"
#include "resolvers/endpoint_recorder.h"
#include "support/host_resolvers.h"
#include "support/manual_event_loop.h"
#include "support/temporary_folder.h"

namespace nines {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kOne[] = R"([{"address": "127.0.0.1:80"}])";
constexpr char kTwo[] = R"([{"address": "127.0.0.1:80"}, {"address": "[::1]:80"}])";

class Nothing final : public EventLoop::Handle {};

// Time and file stand until the test turns them.
class FileResolverTest : public ::testing::Test {
 protected:
  void Start() {
    FileResolver::Access access;
    access.read = [this](const std::string& path) {
      EXPECT_EQ(path, "/etc/greeter.json");
      ++readings_;
      return content_;
    };
    access.watch = [this](const std::string& path, EventLoop::Callback on_change) {
      EXPECT_EQ(path, "/etc/greeter.json");
      on_change_ = std::move(on_change);
      return can_watch_ ? std::make_unique<Nothing>() : nullptr;
    };
    access.make_host_resolver =
        ResolveHostsBy(hosts_, ResolverContext{&loop_, nullptr, &recorder_});
    resolver_ = std::make_unique<FileResolver>("file:///etc/greeter.json", "/etc/greeter.json",
                                               std::move(access),
                                               ResolverContext{&loop_, nullptr, &recorder_});
    resolver_->Start();
    EXPECT_THAT(recorder_.lines(), IsEmpty()) << "called from within Start()";
    loop_.Advance(absl::ZeroDuration());
  }

  void ChangeTo(absl::StatusOr<std::string> content) {
    content_ = std::move(content);
    on_change_();
    loop_.Advance(absl::Milliseconds(20));
  }

  ManualEventLoop loop_;
  EndpointRecorder recorder_;
  absl::StatusOr<std::string> content_ = std::string(kOne);
  const std::shared_ptr<HostResolvers> hosts_ = std::make_shared<HostResolvers>();
  bool can_watch_ = true;
  int readings_ = 0;
  EventLoop::Callback on_change_;
  std::unique_ptr<FileResolver> resolver_;
};

TEST_F(FileResolverTest, GivesWhatTheFileLists) {
  Start();

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80"));
}

TEST_F(FileResolverTest, ReadsAgainWhenTheFileChanges) {
  Start();

  ChangeTo(kTwo);

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.1:80 [::1]:80"));
}

TEST_F(FileResolverTest, ManySignsOfAChangeAreOneReading) {
  Start();

  for (int i = 0; i < 20; ++i) {
    on_change_();
    loop_.Advance(absl::Milliseconds(1));
  }

  EXPECT_EQ(readings_, 2);
}

TEST_F(FileResolverTest, IsSilentWhenTheTextIsTheSame) {
  Start();

  ChangeTo(kOne);

  EXPECT_EQ(readings_, 2);
  EXPECT_EQ(recorder_.lines().size(), 1u);
}

TEST_F(FileResolverTest, ABadEditIsAnErrorWithItsPlaceUntilItIsMended) {
  Start();

  ChangeTo("[\n{\"address\": \"127.0.0.1:80\", \"weight\": 0}]");
  ChangeTo(kOne);

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80",
                          "UNAVAILABLE: file:///etc/greeter.json: line 2, column 39: [0].weight: "
                          "0 is out of range; allowed: an integer in [1, 65535]",
                          "127.0.0.1:80"));
}

TEST_F(FileResolverTest, AFileThatGoesIsOneErrorUntilItReturns) {
  Start();

  ChangeTo(absl::UnavailableError("gone"));
  ChangeTo(absl::UnavailableError("gone"));
  ChangeTo(kOne);

  EXPECT_THAT(
      recorder_.lines(),
      ElementsAre("127.0.0.1:80", "UNAVAILABLE: file:///etc/greeter.json: gone", "127.0.0.1:80"));
}

TEST_F(FileResolverTest, AnEmptyListCountsAtOnce) {
  Start();

  ChangeTo("[]");

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", ""));
}

TEST_F(FileResolverTest, HostNamesAreResolved) {
  content_ = R"([{"address": "127.0.0.1:80"}, {"address": "Greeter:80"}])";
  Start();
  EXPECT_THAT(recorder_.lines(), IsEmpty());

  hosts_->Answer("greeter:80", {"127.0.0.2:80"});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80"));
}

TEST_F(FileResolverTest, ABadEditLeavesTheHostsThatItHad) {
  content_ = R"([{"address": "greeter:80"}])";
  Start();
  hosts_->Answer("greeter:80", {"127.0.0.2:80"});

  ChangeTo("[");
  hosts_->Answer("greeter:80", {"127.0.0.3:80"});

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.2:80", HasSubstr("not JSON"), "127.0.0.3:80"));
}

TEST_F(FileResolverTest, TooManyHostNamesAreRefused) {
  std::vector<std::string> entries;
  for (int i = 0; i <= 100; ++i) entries.push_back(absl::StrCat(R"({"address": "h)", i, ":80\"}"));
  content_ = absl::StrCat("[", absl::StrJoin(entries, ","), "]");

  Start();

  EXPECT_THAT(recorder_.lines(), ElementsAre(HasSubstr("the list has 101 host names")));
  EXPECT_EQ(hosts_->starts, 0);
}

TEST_F(FileResolverTest, RefreshAsksForTheHostsToo) {
  content_ = R"([{"address": "greeter:80"}])";
  Start();

  resolver_->Refresh();

  EXPECT_EQ(hosts_->refreshes, 1);
}

TEST_F(FileResolverTest, AByteOrderMarkIsAMistakeThatIsNamed) {
  Start();

  ChangeTo(absl::StrCat("\xEF\xBB\xBF", kTwo));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", HasSubstr("byte order mark")));
}

TEST_F(FileResolverTest, AnAddressThatStandsTwiceIsAMistake) {
  Start();

  ChangeTo(R"([{"address": "[::1]:80"},
{"address": "[0::1]:080"}])");

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80",
                          HasSubstr("line 2, column 13: [1].address: [::1]:80 stands already at "
                                    "[0].address")));
}

TEST_F(FileResolverTest, AFileThatIsCutToNothingIsAMistakeUntilItIsWritten) {
  Start();

  ChangeTo("");
  ChangeTo(kTwo);

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80", HasSubstr("line 1, column 1"), "127.0.0.1:80 [::1]:80"));
}

TEST_F(FileResolverTest, WithoutAWatchItLooksEveryTwoSeconds) {
  can_watch_ = false;
  Start();
  content_ = kTwo;

  loop_.Advance(absl::Milliseconds(1999));
  EXPECT_EQ(readings_, 1);
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.1:80 [::1]:80"));
}

TEST_F(FileResolverTest, AWatchThatBecomesPossibleEndsTheLooking) {
  can_watch_ = false;
  Start();
  can_watch_ = true;

  loop_.Advance(absl::Hours(1));

  EXPECT_EQ(readings_, 2);
}

TEST_F(FileResolverTest, WithAWatchItIsIdle) {
  Start();

  loop_.Advance(absl::Hours(1));

  EXPECT_EQ(readings_, 1);
  EXPECT_EQ(loop_.timer_count(), 0u);
}

TEST_F(FileResolverTest, RefreshReadsAgainAtMostOnceASecond) {
  Start();
  content_ = kTwo;

  for (int i = 0; i < 999; ++i) {
    resolver_->Refresh();
    loop_.Advance(absl::Milliseconds(1));
  }
  EXPECT_EQ(readings_, 1);
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_EQ(readings_, 2);
  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.1:80 [::1]:80"));
}

TEST_F(FileResolverTest, RefreshAfterAWhileReadsAtOnce) {
  Start();
  loop_.Advance(absl::Seconds(5));

  resolver_->Refresh();
  loop_.Advance(absl::ZeroDuration());

  EXPECT_EQ(readings_, 2);
}

TEST_F(FileResolverTest, ADestroyedResolverIsSilent) {
  Start();
  on_change_();

  resolver_.reset();

  EXPECT_EQ(loop_.timer_count(), 0u);
}

// Real files, and the system's own watch.
class EndpointFileTest : public ::testing::Test {
 protected:
  EndpointFileTest() : loop_(*CreateUvEventLoop()) {}
  ~EndpointFileTest() override {
    RunOnLoopAndWait(*loop_, [&] { resolver_.reset(); });
  }

  void Resolve(const std::string& path) {
    const Target target = *ParseTarget(absl::StrCat("file://", path));
    const std::shared_ptr<const ResolverFactory> factory = MakeFileResolverFactory();
    ASSERT_EQ(factory->CheckTarget(target), absl::OkStatus());
    RunOnLoopAndWait(*loop_, [&] {
      resolver_ = factory->MakeResolver(target, {loop_.get(), nullptr, &recorder_});
      resolver_->Start();
    });
  }

  TemporaryFolder folder_;
  EndpointRecorder recorder_;
  std::shared_ptr<EventLoop> loop_;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(EndpointFileTest, IsSeenWhenItIsReplaced) {
  folder_.Write("list", kOne);
  Resolve(folder_ / "list");
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.1:80");

  folder_.Replace("list", kTwo);
  ASSERT_EQ(recorder_.WaitForLine(1), "127.0.0.1:80 [::1]:80");
  folder_.Replace("list", kOne);

  EXPECT_EQ(recorder_.WaitForLine(2), "127.0.0.1:80");
}

TEST_F(EndpointFileTest, IsSeenWhenAConfigMapIsSwappedTwice) {
  fs::create_directories(folder_ / "..1");
  fs::create_directories(folder_ / "..2");
  folder_.Write("..1/list", kOne);
  folder_.Write("..2/list", kTwo);
  fs::create_symlink("..1", folder_ / "..data");
  fs::create_symlink("..data/list", folder_ / "list");
  Resolve(folder_ / "list");
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.1:80");

  fs::create_symlink("..2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  fs::remove_all(folder_ / "..1");
  ASSERT_EQ(recorder_.WaitForLine(1), "127.0.0.1:80 [::1]:80");
  fs::create_directories(folder_ / "..3");
  folder_.Write("..3/list", kOne);
  fs::create_symlink("..3", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");

  EXPECT_EQ(recorder_.WaitForLine(2), "127.0.0.1:80");
}

TEST_F(EndpointFileTest, ThatComesLaterIsFound) {
  Resolve(folder_ / "a/list");
  ASSERT_THAT(recorder_.WaitForLine(0),
              EndsWith("cannot open the file: No such file or directory"));

  fs::create_directories(folder_ / "b");
  folder_.Write("b/list", kOne);
  fs::rename(folder_ / "b", folder_ / "a");

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.1:80");
}

TEST_F(EndpointFileTest, ThatIsTooLongIsRefused) {
  folder_.Write("list", std::string(3 * kMaxEndpointFileBytes, ' '));

  Resolve(folder_ / "list");

  EXPECT_THAT(recorder_.WaitForLine(0), HasSubstr("allowed: at most 1048576"));
}

TEST_F(EndpointFileTest, OfAHundredMegabytesIsNotReadToItsEnd) {
  folder_.Write("list", "[");
  fs::resize_file(folder_ / "list", 100 << 20);  // a hole: it takes no room

  Resolve(folder_ / "list");

  EXPECT_THAT(recorder_.WaitForLine(0), HasSubstr("allowed: at most 1048576"));
}

TEST_F(EndpointFileTest, ThatIsDeletedKeepsItsListAndMayComeBack) {
  folder_.Write("list", kOne);
  Resolve(folder_ / "list");
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.1:80");

  fs::remove(folder_ / "list");
  ASSERT_THAT(recorder_.WaitForLine(1),
              EndsWith("cannot open the file: No such file or directory"));
  folder_.Write("list", kTwo);

  // Between its creation and its closing it may have been read half written.
  std::string last;
  for (size_t i = 2; i < 5 && last != "127.0.0.1:80 [::1]:80"; ++i) {
    last = recorder_.WaitForLine(i);
  }
  EXPECT_EQ(last, "127.0.0.1:80 [::1]:80");
}

TEST_F(EndpointFileTest, ThatIsWrittenInPlaceIsSeenWhole) {
  folder_.Write("list", kOne);
  Resolve(folder_ / "list");
  ASSERT_EQ(recorder_.WaitForLine(0), "127.0.0.1:80");

  {
    std::ofstream file(folder_ / "list", std::ios::trunc);
    file << std::string(kTwo).substr(0, 20) << std::flush;
    RunOnLoopAndWait(*loop_, [] {});
    RunOnLoopAndWait(*loop_, [] {});  // it does not look while the file is open for writing
    file << std::string(kTwo).substr(20);
  }

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.1:80 [::1]:80");
}

TEST_F(EndpointFileTest, ThatIsADirectoryIsRefused) {
  fs::create_directories(folder_ / "list");

  Resolve(folder_ / "list");

  EXPECT_THAT(recorder_.WaitForLine(0), EndsWith("it is not a regular file"));
}

TEST_F(EndpointFileTest, ThatMayNotBeReadIsAnErrorUntilItMay) {
  // Root may read everything: where the test is root, the loop's thread is somebody else.
  constexpr uid_t kNobody = 65534;
  RunOnLoopAndWait(*loop_, [] { setfsuid(kNobody); });
  chmod(folder_.path().c_str(), 0755);
  folder_.Write("list", kOne);
  chmod((folder_ / "list").c_str(), 0);
  Resolve(folder_ / "list");
  ASSERT_THAT(recorder_.WaitForLine(0), EndsWith("cannot open the file: Permission denied"));

  chmod((folder_ / "list").c_str(), 0444);

  EXPECT_EQ(recorder_.WaitForLine(1), "127.0.0.1:80");
}

TEST_F(EndpointFileTest, ThatIsAPipeDoesNotBlockTheLoop) {
  ASSERT_EQ(mkfifo((folder_ / "list").c_str(), 0600), 0);

  Resolve(folder_ / "list");

  EXPECT_THAT(recorder_.WaitForLine(0), EndsWith("it is not a regular file"));
}

struct RefusedCase {
  std::string target;
  std::string why;
};

class RefusedFileTargetTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedFileTargetTest, NamesTheTargetAndTheReason) {
  const absl::Status status =
      MakeFileResolverFactory()->CheckTarget(*ParseTarget(GetParam().target));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().target + ": "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, RefusedFileTargetTest,
                         ::testing::Values(RefusedCase{"file:///", "it names no file"},
                                           RefusedCase{"file:///etc/", "it names no file"},
                                           RefusedCase{"file://etc/list", "by an authority"},
                                           RefusedCase{"file:///a%00", "zero byte"}));

}  // namespace
}  // namespace nines
