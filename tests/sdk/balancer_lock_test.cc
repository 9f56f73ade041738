// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What must not lock. A program of its own, because it takes the place of pthread_mutex_lock, which
// every mutex of nines ends in.

#include <dlfcn.h>
#include <pthread.h>

#include <cstdint>
#include <variant>

#include <gtest/gtest.h>

#include "support/balancer_fixture.h"
#include "sync/mutex.h"

namespace {

thread_local uint64_t locks = 0;

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): it is the system's
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  using Lock = int (*)(pthread_mutex_t*);
  static const auto lock = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  ++locks;
  return lock(mutex);
}

namespace nines {
namespace {

class BalancerLockTest : public BalancerFixture {
 protected:
  BalancerLockTest() { recorder_ = nullptr; }

  // Those that `work` takes on this thread.
  template <typename Work>
  static uint64_t LocksOf(const Work& work) {
    const uint64_t before = locks;
    work();
    return locks - before;
  }

  void ReportOnce(const Outcome& outcome) {
    Lease lease = Hold();
    EXPECT_EQ(LocksOf([&] { lease.Report(outcome); }), 0u) << outcome.status;
  }

  const Outcome ok_ = MakeOutcome(absl::OkStatus(), absl::Milliseconds(1));
  const Outcome down_ = MakeOutcome(absl::UnavailableError("down"), absl::Milliseconds(1));
};

TEST_F(BalancerLockTest, SeesLocks) {
  Mutex mutex;

  EXPECT_EQ(LocksOf([&] { MutexLock lock(mutex); }), 1u);
}

TEST_F(BalancerLockTest, ReportsOfSuccessTakeNone) {
  StartNamed({"a", "b", "c"});

  for (int i = 0; i < 1'000; ++i) ReportOnce(ok_);
}

TEST_F(BalancerLockTest, ReportsOfFailureBelowTheThresholdTakeNone) {
  StartNamed({"a"});

  for (uint32_t i = 1; i < config_.outlier_detection.consecutive_failures; ++i) ReportOnce(down_);
  ReportOnce(ok_);

  EXPECT_EQ(StatusOf("a").failures, config_.outlier_detection.consecutive_failures - 1);
}

TEST_F(BalancerLockTest, ReportsOfOverloadAndOfTheCallersFaultTakeNone) {
  StartNamed({"a", "b"});

  ReportOnce(MakeOutcome(absl::ResourceExhaustedError("busy")));
  ReportOnce(MakeOutcome(absl::NotFoundError("nothing")));
  ReportOnce(MakeOutcome(absl::CancelledError("enough")));
}

TEST_F(BalancerLockTest, TheReportThatReachesTheThresholdTakesOne) {
  StartNamed({"a", "b"});
  uint64_t taken = 0;

  for (int i = 0; i < 10; ++i) {
    Lease lease = Hold();
    taken += LocksOf([&] { lease.Report(down_); });
  }

  EXPECT_GT(taken, 0u);
}

TEST_F(BalancerLockTest, PicksTakeNone) {
  StartNamed({"a", "b", "c"});
  ReportOnce(ok_);

  CallMemory memory;
  EXPECT_EQ(
      LocksOf([&] { EXPECT_TRUE(std::holds_alternative<Picked>(balancer_->Pick({}, memory))); }),
      0u);
}

}  // namespace
}  // namespace nines
