// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/event_loop.h"

#include <utility>

#include "sync/mutex.h"

namespace nines {
namespace {

class GuardedPort final : public LoopPort {
 public:
  explicit GuardedPort(EventLoop& loop) : loop_(&loop) {}

  void Post(EventLoop::Callback callback) override {
    // The one call out under a lock: it keeps the loop, which need not outlive this.
    MutexLock lock(mutex_);
    if (loop_ != nullptr) loop_->Post(std::move(callback));
  }

  void Close() override {
    MutexLock lock(mutex_);
    loop_ = nullptr;
  }

 private:
  Mutex mutex_;
  EventLoop* loop_ ABSL_GUARDED_BY(mutex_);  // null: closed
};

}  // namespace

std::shared_ptr<LoopPort> MakeLoopPort(EventLoop& loop) {
  return std::make_shared<GuardedPort>(loop);
}

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
