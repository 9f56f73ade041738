// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/uv_event_loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "support/gate.h"
#include "support/no_descriptors.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Handle = EventLoop::Handle;
using IoEvents = EventLoop::IoEvents;

constexpr IoEvents kReadable{/*readable=*/true, /*writable=*/false};
constexpr IoEvents kWritable{/*readable=*/false, /*writable=*/true};
constexpr IoEvents kBoth{/*readable=*/true, /*writable=*/true};

std::shared_ptr<EventLoop> NewLoop() {
  absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
  EXPECT_TRUE(loop.ok()) << loop.status();
  return *std::move(loop);
}

/// Opens the gate when it is destroyed.
std::shared_ptr<void> OpensWhenDestroyed(Gate& gate) {
  return std::shared_ptr<void>(nullptr, [&gate](void*) { gate.Open(); });
}

/// Two connected sockets.
class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds_.data()), 0); }
  ~SocketPair() {
    close(ours());
    CloseTheirs();
  }

  int ours() const { return fds_[0]; }
  void WriteToOurs() { EXPECT_EQ(write(fds_[1], "x", 1), 1); }
  void ReadOurs() {
    char byte;
    EXPECT_EQ(read(fds_[0], &byte, 1), 1);
  }
  void CloseTheirs() {
    if (fds_[1] >= 0) close(std::exchange(fds_[1], -1));
  }

 private:
  std::array<int, 2> fds_{-1, -1};
};

TEST(UvEventLoopTest, RunsCallbacksOnItsOwnThread) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  bool is_loop_thread = false;
  std::array<char, 16> name{};

  RunOnLoopAndWait(*loop, [&] {
    is_loop_thread = loop->IsLoopThread();
    pthread_getname_np(pthread_self(), name.data(), name.size());
  });

  EXPECT_TRUE(is_loop_thread);
  EXPECT_FALSE(loop->IsLoopThread());
  EXPECT_STREQ(name.data(), "nines");
}

TEST(UvEventLoopTest, LeavesSignalsToTheProgramsThreads) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  sigset_t blocked;

  RunOnLoopAndWait(*loop, [&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });

  EXPECT_TRUE(sigismember(&blocked, SIGTERM));
  EXPECT_TRUE(sigismember(&blocked, SIGINT));
  EXPECT_TRUE(sigismember(&blocked, SIGPIPE));
  EXPECT_FALSE(sigismember(&blocked, SIGSEGV));
  sigset_t of_this_thread;
  pthread_sigmask(SIG_SETMASK, nullptr, &of_this_thread);
  EXPECT_FALSE(sigismember(&of_this_thread, SIGTERM));
}

TEST(UvEventLoopTest, PostKeepsTheOrderOfEachThread) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 1000;
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::array<std::vector<int>, kThreads> ran;
  std::array<std::thread, kThreads> threads;

  for (int thread = 0; thread < kThreads; ++thread) {
    threads[thread] = std::thread([&loop, &ran, thread] {
      for (int i = 0; i < kPosts; ++i) loop->Post([&ran, thread, i] { ran[thread].push_back(i); });
    });
  }
  for (std::thread& thread : threads) thread.join();

  RunOnLoopAndWait(*loop, [] {});
  std::vector<int> expected(kPosts);
  std::iota(expected.begin(), expected.end(), 0);
  for (const std::vector<int>& of_thread : ran) EXPECT_EQ(of_thread, expected);
}

TEST(UvEventLoopTest, PostFromACallbackRunsAfterwards) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::vector<int> ran;
  Gate done;

  loop->Post([&] {
    loop->Post([&] {
      ran.push_back(2);
      done.Open();
    });
    ran.push_back(1);
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(UvEventLoopTest, RunsTimersInOrderOfTime) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::vector<int> ran;
  std::vector<std::unique_ptr<Handle>> handles;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    handles.push_back(loop->RunAfter(absl::Milliseconds(20), [&] {
      ran.push_back(3);
      done.Open();
    }));
    handles.push_back(loop->RunAfter(absl::Milliseconds(10), [&] { ran.push_back(2); }));
    handles.push_back(loop->RunAfter(-absl::Seconds(1), [&] { ran.push_back(0); }));
    handles.push_back(loop->RunAfter(absl::ZeroDuration(), [&] { ran.push_back(1); }));
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3));
  RunOnLoopAndWait(*loop, [&] { handles.clear(); });
}

TEST(UvEventLoopTest, RunsNoTimerEarly) {
  constexpr absl::Duration kDelay = absl::Microseconds(2500);
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::unique_ptr<Handle> handle;
  absl::Time started;
  absl::Time ran;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    started = loop->clock().Now();
    handle = loop->RunAfter(kDelay, [&] {
      ran = loop->clock().Now();
      done.Open();
    });
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_GE(ran - started, kDelay);
  RunOnLoopAndWait(*loop, [&] { handle.reset(); });
}

TEST(UvEventLoopTest, CancelledTimersDoNotRun) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  bool has_run = false;
  Gate destroyed;
  Gate later;
  std::unique_ptr<Handle> later_handle;

  RunOnLoopAndWait(*loop, [&] {
    std::unique_ptr<Handle> handle = loop->RunAfter(
        absl::ZeroDuration(), [&, owned = OpensWhenDestroyed(destroyed)] { has_run = true; });
    later_handle = loop->RunAfter(absl::Milliseconds(1), [&] { later.Open(); });
    handle.reset();
    EXPECT_TRUE(destroyed.is_open());
  });

  ASSERT_TRUE(later.Wait());
  EXPECT_FALSE(has_run);
  RunOnLoopAndWait(*loop, [&] { later_handle.reset(); });
}

TEST(UvEventLoopTest, ATimerMayDestroyItsOwnHandle) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::unique_ptr<Handle> handle;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    handle = loop->RunAfter(absl::ZeroDuration(), [&, still_here = std::string("still here")] {
      handle.reset();
      EXPECT_EQ(still_here, "still here");
      done.Open();
    });
  });

  EXPECT_TRUE(done.Wait());
}

TEST(UvEventLoopTest, ATimerOfZeroThatStartsItselfLeavesTurnsToOthers) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::unique_ptr<Handle> handle;
  EventLoop::Callback again;
  again = [&] { handle = loop->RunAfter(absl::ZeroDuration(), [&] { again(); }); };

  loop->Post([&] { again(); });

  RunOnLoopAndWait(*loop, [] {});
  RunOnLoopAndWait(*loop, [] {});
  RunOnLoopAndWait(*loop, [&] { handle.reset(); });
}

TEST(UvEventLoopTest, InfiniteDelaysNeverRun) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  bool has_run = false;

  RunOnLoopAndWait(*loop, [&] {
    const std::unique_ptr<Handle> never =
        loop->RunAfter(absl::InfiniteDuration(), [&] { has_run = true; });
  });

  RunOnLoopAndWait(*loop, [] {});
  EXPECT_FALSE(has_run);
}

TEST(UvEventLoopTest, ReportsReadableUntilItIsRead) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  std::unique_ptr<Handle> handle;
  std::vector<IoEvents> reports;
  Gate done;
  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(sockets.ours(), kReadable, [&](IoEvents events) {
      reports.push_back(events);
      if (reports.size() < 3) return;
      sockets.ReadOurs();
      handle.reset();
      done.Open();
    });
  });

  sockets.WriteToOurs();

  ASSERT_TRUE(done.Wait());
  RunOnLoopAndWait(*loop, [] {});
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_TRUE(reports[0].readable);
  EXPECT_FALSE(reports[0].writable);
}

TEST(UvEventLoopTest, ReportsWritable) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  std::unique_ptr<Handle> handle;
  IoEvents report;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(sockets.ours(), kWritable, [&](IoEvents events) {
      report = events;
      handle.reset();
      done.Open();
    });
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_TRUE(report.writable);
  EXPECT_FALSE(report.readable);
}

TEST(UvEventLoopTest, ReportsHangUps) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  std::unique_ptr<Handle> handle;
  IoEvents report;
  Gate done;
  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(sockets.ours(), kReadable, [&](IoEvents events) {
      report = events;
      handle.reset();
      done.Open();
    });
  });

  sockets.CloseTheirs();

  ASSERT_TRUE(done.Wait());
  EXPECT_TRUE(report.readable);
}

TEST(UvEventLoopTest, ReportsErrorsAsBothUntilTheyAreFetched) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  std::array<int, 2> pipe_fds;
  ASSERT_EQ(pipe2(pipe_fds.data(), O_CLOEXEC), 0);
  close(pipe_fds[0]);  // a pipe without a reader is in error for its writer
  std::unique_ptr<Handle> handle;
  std::vector<IoEvents> reports;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(pipe_fds[1], kReadable, [&](IoEvents events) {
      reports.push_back(events);
      if (reports.size() < 2) return;
      handle.reset();
      done.Open();
    });
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_TRUE(reports[1].readable);
  EXPECT_TRUE(reports[1].writable);
  close(pipe_fds[1]);
}

TEST(UvEventLoopTest, ADescriptorMayBeWatchedAnewFromItsOwnCallback) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  std::unique_ptr<Handle> handle;
  Gate done;
  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(sockets.ours(), kWritable, [&](IoEvents) {
      handle.reset();
      handle = loop->WatchFd(sockets.ours(), kReadable, [&](IoEvents) {
        handle.reset();
        done.Open();
      });
    });
  });

  sockets.WriteToOurs();

  EXPECT_TRUE(done.Wait());
}

TEST(UvEventLoopTest, DestroyingAWatchDestroysItsCallbackAtOnce) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  Gate destroyed;

  RunOnLoopAndWait(*loop, [&] {
    std::unique_ptr<Handle> handle = loop->WatchFd(
        sockets.ours(), kReadable, [owned = OpensWhenDestroyed(destroyed)](IoEvents) {});
    handle.reset();
    EXPECT_TRUE(destroyed.is_open());
  });
}

TEST(UvEventLoopTest, ADescriptorMayBeClosedRightAfterItsWatch) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  bool has_run = false;

  RunOnLoopAndWait(*loop, [&] {
    SocketPair first;
    std::unique_ptr<Handle> handle =
        loop->WatchFd(first.ours(), kBoth, [&](IoEvents) { has_run = true; });
    handle.reset();
  });
  // The numbers are taken again.
  SocketPair second;
  RunOnLoopAndWait(*loop, [] {});

  EXPECT_FALSE(has_run);
}

TEST(UvEventLoopTest, ReportsADescriptorThatCannotBeWatchedOnce) {
  const std::shared_ptr<EventLoop> loop = NewLoop();
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  std::unique_ptr<Handle> handle;
  IoEvents report;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    handle = loop->WatchFd(file, kReadable, [&](IoEvents events) {
      report = events;
      done.Open();
    });
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_TRUE(report.readable);
  EXPECT_TRUE(report.writable);
  RunOnLoopAndWait(*loop, [&] { handle.reset(); });
  close(file);
}

TEST(UvEventLoopTest, JoinsItsThreadAndDestroysWhatHasNotRun) {
  std::shared_ptr<EventLoop> loop = NewLoop();
  SocketPair sockets;
  Gate entered;
  Gate leave;
  std::array<Gate, 3> destroyed;
  std::atomic<bool> has_run{false};
  std::vector<std::unique_ptr<Handle>> handles;
  RunOnLoopAndWait(*loop, [&] {
    handles.push_back(loop->RunAfter(
        absl::Hours(1), [&, owned = OpensWhenDestroyed(destroyed[0])] { has_run = true; }));
    handles.push_back(
        loop->WatchFd(sockets.ours(), kReadable,
                      [&, owned = OpensWhenDestroyed(destroyed[1])](IoEvents) { has_run = true; }));
  });
  loop->Post([&] {
    entered.Open();
    EXPECT_TRUE(leave.Wait());
  });
  ASSERT_TRUE(entered.Wait());
  loop->Post([&, owned = OpensWhenDestroyed(destroyed[2])] { has_run = true; });

  std::thread stopper([&] { loop.reset(); });
  leave.Open();
  stopper.join();

  for (const Gate& gate : destroyed) EXPECT_TRUE(gate.is_open());
  // What was posted may have begun before the loop was stopped; the others had no reason to.
  handles.clear();
}

TEST(UvEventLoopTest, MayBeDestroyedOnItsOwnThread) {
  std::shared_ptr<EventLoop> loop = NewLoop();
  EventLoop& reference = *loop;
  Gate destroyed;
  bool has_run = false;

  reference.Post([&, owned = std::move(loop)]() mutable {
    EventLoop& still_there = *owned;
    still_there.Post([&has_run, owned = OpensWhenDestroyed(destroyed)] { has_run = true; });
    owned.reset();
  });

  ASSERT_TRUE(destroyed.Wait());
  EXPECT_FALSE(has_run);
}

TEST(UvEventLoopTest, HandlesMayGoAfterTheLoopOnItsOwnThread) {
  std::shared_ptr<EventLoop> loop = NewLoop();
  EventLoop& reference = *loop;
  SocketPair sockets;
  Gate ended;

  reference.Post([&, owned = std::move(loop)]() mutable {
    std::unique_ptr<Handle> timer = owned->RunAfter(absl::ZeroDuration(), [] { FAIL(); });
    std::unique_ptr<Handle> watch =
        owned->WatchFd(sockets.ours(), kWritable, [](IoEvents) { FAIL(); });
    owned->Post([opens = OpensWhenDestroyed(ended)] {});
    owned.reset();
    watch.reset();
    timer.reset();
  });

  EXPECT_TRUE(ended.Wait());
}

TEST(UvEventLoopTest, SaysWhatTheSystemLacks) {
  absl::Status status;
  {
    const NoDescriptors shortage;
    ASSERT_TRUE(shortage.is_in_force());
    status = CreateUvEventLoop().status();
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cannot create an event loop: too many open files"));
}

}  // namespace
}  // namespace nines
