// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/uv_event_loop.h"

#include <pthread.h>
#include <signal.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "nines/clock.h"
#include "uv_loop.h"

namespace nines {
namespace {

/// Blocks signals on this thread as long as it lives; threads made meanwhile inherit that.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t blocked;
    sigfillset(&blocked);
    // These come from the thread's own doing. A crash handler must see them on whichever thread.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
      sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

class UvEventLoop final : public EventLoop {
 public:
  explicit UvEventLoop(std::shared_ptr<UvLoop> loop) : loop_(std::move(loop)) {}

  ~UvEventLoop() override {
    loop_->Stop();
    if (!has_thread_) {
      loop_->Run();  // only cleans up
    } else if (IsLoopThread()) {
      pthread_detach(thread_);
    } else {
      pthread_join(thread_, nullptr);
    }
  }

  absl::Status StartThread() {
    auto loop = std::make_unique<std::shared_ptr<UvLoop>>(loop_);
    const SignalBlock block;
    const int error = pthread_create(&thread_, nullptr, &RunThread, loop.get());
    if (error != 0) {
      return absl::UnavailableError(absl::ErrnoToStatus(error, "cannot start a thread").message());
    }
    static_cast<void>(loop.release());  // RunThread() has it
    has_thread_ = true;
    return absl::OkStatus();
  }

  const Clock& clock() const override { return ProcessClock(); }

  ProbeBudget& probe_budget() override { return probe_budget_; }

  bool IsLoopThread() const override { return pthread_equal(pthread_self(), thread_) != 0; }

  void Post(Callback callback) override { loop_->Post(std::move(callback)); }

  std::unique_ptr<Handle> RunAfter(absl::Duration delay, Callback callback) override {
    return loop_->RunAfter(delay, std::move(callback));
  }

  std::unique_ptr<Handle> WatchFd(int fd, IoEvents interest, IoCallback callback) override {
    return loop_->WatchFd(fd, interest, std::move(callback));
  }

 private:
  static void* RunThread(void* argument) {
    const std::unique_ptr<std::shared_ptr<UvLoop>> loop(
        static_cast<std::shared_ptr<UvLoop>*>(argument));
    pthread_setname_np(pthread_self(), "nines");
    (*loop)->Run();
    return nullptr;
  }

  const std::shared_ptr<UvLoop> loop_;
  ProbeBudget probe_budget_;
  pthread_t thread_{};  // const once StartThread() has returned, which is before anyone sees this
  bool has_thread_ = false;  // as thread_
};

}  // namespace

absl::StatusOr<std::shared_ptr<EventLoop>> CreateUvEventLoop() {
  absl::StatusOr<std::shared_ptr<UvLoop>> loop = UvLoop::Create();
  if (!loop.ok()) return loop.status();
  auto event_loop = std::make_shared<UvEventLoop>(*std::move(loop));
  if (absl::Status status = event_loop->StartThread(); !status.ok()) return status;
  return event_loop;
}

}  // namespace nines
