// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The wall clock jumps; the clock of nines, and what runs by it, does not. A program of its own,
// because it takes the place of clock_gettime.

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nines/clock.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "support/gate.h"

namespace {

std::atomic<time_t> jump_seconds{0};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): it is the system's
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += jump_seconds;
  return static_cast<int>(result);
}

namespace nines {
namespace {

constexpr time_t kDay = 24 * 60 * 60;

class ClockJumpTest : public ::testing::Test {
 protected:
  void SetUp() override { ProcessClock().Now(); }  // its first reading is the wall clock's
  void TearDown() override { jump_seconds = 0; }
};

TEST_F(ClockJumpTest, TheWallClockDoesJump) {
  const absl::Time before = absl::Now();

  jump_seconds = -3 * kDay;

  EXPECT_LT(absl::Now(), before - absl::Hours(71));
}

TEST_F(ClockJumpTest, TheProcessClockDoesNot) {
  const absl::Time before = ProcessClock().Now();

  jump_seconds = 3 * kDay;
  const absl::Time forwards = ProcessClock().Now();
  jump_seconds = -3 * kDay;
  const absl::Time backwards = ProcessClock().Now();

  EXPECT_GE(forwards, before);
  EXPECT_GE(backwards, forwards);
  EXPECT_LT(backwards, before + absl::Hours(1));
}

TEST_F(ClockJumpTest, TimersRunInTheirTimeAndOrder) {
  const std::shared_ptr<EventLoop> loop = *CreateUvEventLoop();
  std::unique_ptr<EventLoop::Handle> soon;
  std::unique_ptr<EventLoop::Handle> in_an_hour;
  bool has_hour_passed = false;
  Gate done;

  RunOnLoopAndWait(*loop, [&] {
    in_an_hour = loop->RunAfter(absl::Hours(1), [&] { has_hour_passed = true; });
    soon = loop->RunAfter(absl::Milliseconds(20), [&] { done.Open(); });
    jump_seconds = 3 * kDay;
  });
  jump_seconds = -3 * kDay;

  EXPECT_TRUE(done.Wait());
  RunOnLoopAndWait(*loop, [&] { in_an_hour.reset(); });
  EXPECT_FALSE(has_hour_passed);
}

}  // namespace
}  // namespace nines
