// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "nines/clock.h"
#include "nines/probe_budget.h"

namespace nines {

/// One background thread with timers and readiness of file descriptors. Resolvers, probes and the
/// health engine share it, so that a process with a hundred targets has one nines thread, not a
/// hundred.
///
/// Thread-safe where said so; everything else is confined to the loop's own thread, which is the
/// thread that runs every callback. Callbacks must not block: one that does delays all others.
///
/// Lifetime: held by shared_ptr. When the last reference goes, the thread is stopped and joined
/// (not joined if that happens on the loop's own thread, which then ends by itself). Callbacks that
/// have not run by then are destroyed unrun.
class EventLoop {
 public:
  using Callback = absl::AnyInvocable<void()>;

  /// What a watched descriptor is, or became, ready for. Errors and hang-ups count as both.
  struct IoEvents {
    bool readable = false;
    bool writable = false;
  };
  using IoCallback = absl::AnyInvocable<void(IoEvents)>;

  /// A running timer or watch. Destroying it cancels: the callback does not run afterwards.
  /// Confined to the loop's thread; may be destroyed inside its own callback.
  class Handle {
   public:
    virtual ~Handle() = default;
  };

  virtual ~EventLoop() = default;

  /// The clock by which the timers run. Thread-safe.
  virtual const Clock& clock() const = 0;

  /// What all who share the loop may probe with at a time. The loop has it for them, and makes no
  /// use of it itself. Loop thread only.
  virtual ProbeBudget& probe_budget() = 0;

  /// True on the loop's own thread. Thread-safe.
  virtual bool IsLoopThread() const = 0;

  /// Runs `callback` on the loop's thread, after those posted before it. Thread-safe.
  virtual void Post(Callback callback) = 0;

  /// Runs `callback` once, `delay` from now; a negative delay is zero. Loop thread only.
  [[nodiscard]] virtual std::unique_ptr<Handle> RunAfter(absl::Duration delay,
                                                         Callback callback) = 0;

  /// Calls `callback` each time `fd` is ready for something in `interest` (level-triggered), until
  /// the handle is destroyed. The caller keeps `fd` open that long. One watch per descriptor.
  /// Loop thread only.
  [[nodiscard]] virtual std::unique_ptr<Handle> WatchFd(int fd, IoEvents interest,
                                                        IoCallback callback) = 0;
};

/// Brings callbacks from other threads to a loop that may go before they do. Thread-safe.
class LoopPort {
 public:
  virtual ~LoopPort() = default;
  /// As EventLoop::Post() until Close(), after which callbacks are dropped.
  virtual void Post(EventLoop::Callback callback) = 0;
  /// When it returns the loop may go. Called before that, on whichever thread.
  virtual void Close() = 0;
};
std::shared_ptr<LoopPort> MakeLoopPort(EventLoop& loop);

/// Runs `work` on the loop's thread and returns when it has run; at once if this is that thread.
/// The caller keeps the loop alive meanwhile, and holds no lock that the loop's callbacks take.
void RunOnLoopAndWait(EventLoop& loop, absl::FunctionRef<void()> work);

}  // namespace nines
