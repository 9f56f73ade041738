// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <uv.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "timer_queue.h"

namespace nines {

/// A libuv loop and all that lives on its thread. Apart from the EventLoop that users hold, because
/// it may outlive that: when the last user lets go on the loop's own thread, the thread still has
/// to come back from the callback and to clean up.
///
/// Post() and Stop() are thread-safe, all else is confined to the thread that calls Run().
/// Lifetime: shared by the EventLoop, the thread and every handle.
class UvLoop final : public std::enable_shared_from_this<UvLoop> {
 public:
  /// REQUIRES: Run() is called once, on whichever thread.
  static absl::StatusOr<std::shared_ptr<UvLoop>> Create();

  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;
  ~UvLoop() = default;

  /// Runs callbacks until Stop(), then destroys those that have not run and closes the loop.
  void Run();

  /// Makes Run() return. No callback begins after it on the loop's own thread, and at most the one
  /// that is about to on others.
  void Stop();

  void Post(EventLoop::Callback callback);
  std::unique_ptr<EventLoop::Handle> RunAfter(absl::Duration delay, EventLoop::Callback callback);
  std::unique_ptr<EventLoop::Handle> WatchFd(int fd, EventLoop::IoEvents interest,
                                             EventLoop::IoCallback callback);

 private:
  class TimerHandle;
  class Watch;
  class WatchHandle;

  UvLoop() = default;

  int Init();
  void RunPosted();
  void RunTimers();
  void ArmWakeup();
  std::vector<EventLoop::Callback> ClosePost();
  std::vector<EventLoop::IoCallback> CloseHandles();

  uv_loop_t uv_;
  uv_async_t signal_;     // something was posted, or the loop is to stop
  uv_timer_t wakeup_;     // for the first of timers_ that is not due yet
  uv_idle_t next_round_;  // active: a timer is due, and the loop does not sleep
  TimerQueue timers_;
  bool has_ended_ = false;  // Run() is past its callbacks: new ones would not run

  std::atomic<bool> is_stopping_{false};  // written by Stop(), read by the loop's thread

  // std::mutex, not absl::Mutex: distributions ship an Abseil that ThreadSanitizer cannot see into.
  // The standard library's has no annotations, so "guarded by mu_" is a comment here.
  std::mutex mu_;
  std::vector<EventLoop::Callback> posted_;  // guarded by mu_
  bool is_closed_ = false;                   // guarded by mu_: signal_ must not be touched any more
};

}  // namespace nines
