// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "sync/mutex.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace nines {
namespace {

// Takes the lock often enough for one who does not sleep to come back many times.
constexpr int kManyTurns = 10'000;

TEST(CondVarTest, WaitsForCenturiesAsleep) {
  Mutex mutex;
  CondVar changed;
  bool is_notified = false;
  int waits = 0;
  std::thread waiter([&] {
    MutexLock lock(mutex);
    while (!is_notified && waits < kManyTurns) {
      ++waits;
      changed.WaitFor(mutex, std::chrono::nanoseconds::max());
    }
  });

  for (int i = 0; i < kManyTurns; ++i) {
    MutexLock lock(mutex);
    std::this_thread::yield();
  }
  {
    MutexLock lock(mutex);
    is_notified = true;
    changed.NotifyAll();
  }
  waiter.join();

  EXPECT_LE(waits, 5) << "a wait may end for no reason, but rarely does";
}

}  // namespace
}  // namespace nines
