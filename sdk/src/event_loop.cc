// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/event_loop.h"

#include "sync/mutex.h"

namespace nines {

void RunOnLoopAndWait(EventLoop& loop, absl::FunctionRef<void()> work) {
  if (loop.IsLoopThread()) return work();
  Mutex mutex;
  CondVar has_run;
  bool is_done = false;
  loop.Post([&] {
    work();
    MutexLock lock(mutex);
    is_done = true;
    has_run.NotifyAll();  // under the lock: the waiter destroys the CondVar as soon as it can
  });
  MutexLock lock(mutex);
  while (!is_done) has_run.Wait(mutex);
}

}  // namespace nines
